"""Knowledge: the plan catalogue, documents, ingestion and search."""
