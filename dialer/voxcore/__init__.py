"""The private part of the provider VoxCore: what is pasted into its bots, and what they ask as a call begins."""
