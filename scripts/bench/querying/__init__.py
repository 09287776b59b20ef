"""Parts of `yeoboseyo bench queries`: a long past, and what PostgreSQL says of a query."""
