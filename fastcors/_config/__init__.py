"""Configuration time: what a policy may say, and what is wrong with what it says. No request comes here."""
