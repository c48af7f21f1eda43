"""fastcors beside CORS libraries of other languages."""
