"""One id from the claim of a call to its settled result, in logs and, by setting, as OpenTelemetry's traces."""
