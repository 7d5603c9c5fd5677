# Unmask as a service: docker compose up
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src ./src
RUN python -m venv /opt/unmask \
 && /opt/unmask/bin/pip install --no-cache-dir -c constraints.txt '.[links,cluster]'

FROM python:3.11-slim
COPY --from=build /opt/unmask /opt/unmask
RUN groupadd --gid 10001 unmask \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /data --shell /usr/sbin/nologin unmask \
 && install -d -o unmask -g unmask -m 700 /data /cache
ENV PATH=/opt/unmask/bin:$PATH UNMASK_DATA=/data UNMASK_CACHE=/cache PYTHONUNBUFFERED=1
USER unmask
VOLUME /data
EXPOSE 5000
# How to ask whether it is alive says compose.yaml: a worker, from this image too, cannot be asked.
ENTRYPOINT ["unmask"]
CMD ["serve", "--host", "0.0.0.0"]
