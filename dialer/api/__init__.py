"""REST API of the telephone, and the shared shape of errors and pages."""
