"""Whatever is asked for twice is done once: doubles of every act, over REST and in the admin."""
