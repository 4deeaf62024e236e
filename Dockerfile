FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DJANGO_SETTINGS_MODULE=dialer.settings STATIC_ROOT=/app/staticfiles
WORKDIR /app

COPY requirements.lock .
# The embedded servers are for machines without containers. A package that is not what was tried is refused by its hash.
RUN pip install --require-hashes -r requirements.lock

COPY . .
RUN SECRET_KEY=build DIALER_ENCRYPTION_KEYS=build DATABASE_URL=postgresql:///build REDIS_URL=redis://build \
    python manage.py collectstatic --no-input \
 && useradd --system --uid 10001 dialer \
 && install -d -o dialer /app/media /var/lib/dialer

USER dialer
EXPOSE 8000
CMD ["granian", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--interface", "asginl", "--http", "1", \
     "--backlog", "8192", "--backpressure", "8192", "--http1-header-read-timeout", "10000", "--workers-kill-timeout", "5", \
     "--respawn-failed-workers", "--no-ws", "--log-config", "dialer/logs/granian.json", "dialer.asgi:application"]
