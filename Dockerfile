# One executable in a small image. The build takes nothing from the internet but npm packages.
#
#   docker build -t koppla .
#   docker run --rm -v koppla:/data koppla init /data
#   docker run -d --name koppla -v koppla:/data -p 8080:8080 koppla

FROM node:22-bookworm AS build
WORKDIR /build
COPY . .
RUN npm run build

FROM debian:bookworm-slim
RUN useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin koppla \
 && install -d -o koppla -g koppla -m 700 /data
COPY --from=build /build/dist/koppla /usr/local/bin/koppla
COPY LICENSE /usr/share/doc/koppla/LICENSE
# What the file of `koppla init` listens on, where it is not changed: every address, as a container must.
ENV KOPPLA_LISTEN=:8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD ["koppla", "health", "-c", "/data/koppla.yaml"]
ENTRYPOINT ["koppla"]
CMD ["serve", "-c", "/data/koppla.yaml"]
