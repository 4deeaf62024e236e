"""The reserving transaction: who may be called now, and all that it reads."""
