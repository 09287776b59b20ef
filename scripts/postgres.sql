-- Run once by docker-compose.yml's PostgreSQL, as its superuser: the application's role, which owns
-- its database and nothing else. Superusers would pass row-level security by.
\getenv password DATABASE_PASSWORD
CREATE ROLE yeoboseyo LOGIN PASSWORD :'password' NOSUPERUSER NOBYPASSRLS;
CREATE DATABASE yeoboseyo OWNER yeoboseyo;
