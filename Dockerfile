# syntax=docker/dockerfile:1
# Two stages: one builds the wheel and its environment, the other only runs it. Non-root; fit for a read-only root.

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/footfall
COPY constraints.txt ./
COPY pyproject.toml README.md LICENSE ./
COPY clickhouse clickhouse
COPY collector collector
COPY dashboard dashboard
COPY footfall footfall
COPY js-snippet js-snippet
COPY registry registry
RUN /opt/footfall/bin/pip install --no-cache-dir -c constraints.txt ".[embedded,postgres,redis,sealed]"

FROM python:3.13-slim
RUN groupadd --gid 10001 footfall \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin footfall \
 && install -d -o footfall -g footfall -m 0700 /data /run/footfall
COPY --from=build /opt/footfall /opt/footfall
ENV PATH=/opt/footfall/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FOOTFALL_DATA=/data
USER footfall
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["footfall"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
