# Python 3.11, 3.12 or 3.13: docker build --build-arg PYTHON=3.13 .
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.lock .
# A package that is not what was tried is refused by its hash, and none is compiled here. The embedded servers are for
# machines without containers.
RUN python -m venv /opt/venv && pip install --require-hashes --only-binary=:all: -r requirements.lock
COPY . .
RUN SECRET_KEY=build DIALER_ENCRYPTION_KEYS=build DATABASE_URL=postgresql:///build REDIS_URL=redis://build \
    STATIC_ROOT=/app/staticfiles DJANGO_SETTINGS_MODULE=dialer.settings python manage.py collectstatic --no-input \
 && python -m compileall -q dialer campaigns webhooks /opt/venv/lib

# Without pip's cache and what building leaves behind.
FROM python:${PYTHON}-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/venv/bin:$PATH \
    DJANGO_SETTINGS_MODULE=dialer.settings STATIC_ROOT=/app/staticfiles
WORKDIR /app
RUN groupadd --system --gid 10001 dialer \
 && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/dialer --shell /usr/sbin/nologin dialer \
 && install -d -o dialer -g dialer /app/media /var/lib/dialer
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

# A number, so that Kubernetes sees that it is not root's.
USER 10001:10001
EXPOSE 8000
CMD ["granian", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--interface", "asginl", "--http", "1", \
     "--backlog", "8192", "--backpressure", "8192", "--http1-header-read-timeout", "10000", "--workers-kill-timeout", "5", \
     "--respawn-failed-workers", "--no-ws", "--log-config", "dialer/logs/granian.json", "dialer.asgi:application"]
