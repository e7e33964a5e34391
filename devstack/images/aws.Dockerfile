FROM devstack/debian
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY . /build
ARG PIP_INDEX_URL
ENV PIP_CERT=/build/ca.crt PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /opt/localstack && /opt/localstack/bin/pip install --quiet --prefer-binary -r /build/localstack.txt
RUN python3 -m venv /opt/moto && /opt/moto/bin/pip install --quiet --prefer-binary -r /build/moto.txt
