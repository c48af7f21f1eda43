"""Builds the extension module ``core`` against the fastcors that is installed."""

from Cython.Build import cythonize
from setuptools import Extension, setup

import fastcors

extension = Extension("core", ["core.pyx"], include_dirs=[fastcors.get_include()])
setup(name="core", version="0.1.0", ext_modules=cythonize([extension]))
