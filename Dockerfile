FROM python:3.11.15-slim-trixie AS build
WORKDIR /build
# All that is locked, each file checked by its hash; the image takes of it what it needs.
COPY requirements.lock .
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --require-hashes \
        --requirement requirements.lock --wheel-dir /wheels
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY monitoring monitoring
RUN pip wheel --no-index --find-links /wheels --no-deps --wheel-dir /wheels . \
    && python -m venv --without-pip /opt/marquee \
    && pip --python /opt/marquee/bin/python install \
        --no-cache-dir --no-index --find-links /wheels 'marquee[online]'

FROM python:3.11.15-slim-trixie
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin marquee \
    && pip uninstall --yes --quiet --root-user-action=ignore wheel setuptools pip
COPY --from=build /opt/marquee /opt/marquee
# Two libraries bring an OpenBLAS that starts a thread a core, which nothing here uses: on a machine
# of many they would be more than compose.yaml allows.
ENV PATH=/opt/marquee/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    OPENBLAS_NUM_THREADS=1
USER marquee
EXPOSE 9108
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9108/healthz', timeout=4)"]
ENTRYPOINT ["marquee"]
CMD ["--help"]
