"""Generated requests against the OpenAPI document: nothing that is not in it, and no fault."""
