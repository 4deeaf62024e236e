"""The Django project and the telephone: accounts, DIDs, agents, providers, embedded services and the sandbox."""

from dialer.numbering.clocks import use_newest_database

# In every process, before it makes a zone.
use_newest_database()
