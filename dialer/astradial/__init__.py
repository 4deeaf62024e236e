"""The private part of the provider Astradial: what its pushes and its call log say."""
