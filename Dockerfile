FROM python:3.11-slim AS build
RUN python -m venv /venv
WORKDIR /app
COPY requirements/run.txt requirements/
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY . .
# Installed in place: the demo recogniser and the sample catalogue are read from the source tree.
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 yeoboseyo && install -d -o yeoboseyo /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER yeoboseyo
ENV PATH=/venv/bin:$PATH YEOBOSEYO_HOST=0.0.0.0 YEOBOSEYO_DATA_DIR=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
STOPSIGNAL SIGTERM
CMD ["yeoboseyo", "serve"]
