# Unmask as a service: docker compose up
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY src ./src
RUN python -m venv /opt/unmask \
 && /opt/unmask/bin/pip install --no-cache-dir -c constraints.txt '.[links,cluster]'

FROM python:3.11-slim
COPY --from=build /opt/unmask /opt/unmask
RUN useradd --system --user-group --uid 10001 --home-dir /data unmask \
 && install -d -o unmask -g unmask -m 700 /data /cache
ENV PATH=/opt/unmask/bin:$PATH UNMASK_DATA=/data UNMASK_CACHE=/cache PYTHONUNBUFFERED=1
USER unmask
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:5000/healthz', timeout=4)"]
ENTRYPOINT ["unmask"]
CMD ["serve", "--host", "0.0.0.0"]
