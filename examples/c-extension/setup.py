"""Builds the extension module ``gate`` against the fastcors that is installed."""

from setuptools import Extension, setup

import fastcors

setup(
    name="gate",
    version="0.1.0",
    ext_modules=[Extension("gate", ["gate.c"], include_dirs=[fastcors.get_include()])],
)
