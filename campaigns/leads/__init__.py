"""How contacts become leads, and when each is due."""
