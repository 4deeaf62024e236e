"""Keys of the API: what each lets through, who holds one, and how one is made, replaced and revoked."""
