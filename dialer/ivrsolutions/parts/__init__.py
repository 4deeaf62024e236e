"""The optional parts of the provider contract, by the operations of IVR Solutions."""
