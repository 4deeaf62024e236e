"""The Django project and the telephone: accounts, DIDs, agents, providers, embedded services and the sandbox."""
