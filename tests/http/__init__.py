"""The client by which calls are placed, against real servers on loopback."""
