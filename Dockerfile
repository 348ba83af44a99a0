# One image for every process; docker-compose.yml gives each its command.
FROM python:3.13-slim AS packages
COPY requirements.txt .
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps -r requirements.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin techmart \
    # A volume that is mounted there takes its owner.
    && install --directory --owner techmart /srv/exports
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STATIC_ROOT=/srv/static
WORKDIR /srv/techmart
COPY . .
RUN python manage.py collectstatic --noinput \
    && python -m compileall -q .
USER techmart
