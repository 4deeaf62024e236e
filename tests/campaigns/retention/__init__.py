"""Old rows are archived and removed, and nothing that anybody needs."""
