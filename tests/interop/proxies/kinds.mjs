// The proxies: where each is found, how it is started in the foreground, and what a distribution's own files hold around
// the lines of a site, as far as it matters for what passes through. Asked kindly to end, all but nginx wait for whoever
// is connected; as single processes they leave nobody behind.
import { binary } from "./proxy.mjs";

const isRoot = process.getuid() === 0;

/** Puts `now` in the place of `was`, which has to be there. */
function put(text, was, now) {
  if (!text.includes(was)) throw new Error(`no ${was} in:\n${text}`);
  return text.replaceAll(was, () => now);
}

const NGINX_PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

export const nginx = {
  name: "nginx",
  places: ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"],
  signal: "SIGTERM",
  command: ({ folder, file }) => ["-p", folder, "-c", file, "-e", "stderr"],
  // Its workers write into the folder; started by root they would be somebody else.
  frame: (site, { folder }) => `
daemon off;
${isRoot ? "user root;" : ""}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  gzip on;
  access_log off;
${NGINX_PATHS.map((name) => `  ${name}_temp_path ${folder}/${name};`).join("\n")}
${site}
}
`,
  at: (site) => put(site, "listen 80;", "listen 127.0.0.1:{PORT};"),
  stock: "server {\n  listen 80;\n  location / {\n    proxy_pass http://127.0.0.1:3000;\n  }\n}",
  several: (site, lines) => `${lines}${put(site, "http://127.0.0.1:3000", "http://sockeye")}`,
};

export const haproxy = {
  name: "haproxy",
  places: ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"],
  signal: "SIGKILL",
  command: ({ file }) => ["-db", "-f", file],
  frame: (site) => `global\n  maxconn 500\n${site}\n`,
  at: (site) => put(site, "bind :80", "bind 127.0.0.1:{PORT}"),
  stock: `defaults
  mode http
  option dontlognull
  timeout connect 5000
  timeout client 50000
  timeout server 50000
frontend web
  bind :80
  default_backend sockeye
backend sockeye
  server one 127.0.0.1:3000`,
  several: (site, lines) => put(site, /^backend sockeye$[^]*/m.exec(site)[0], lines),
};

export const caddy = {
  name: "caddy",
  places: ["/usr/bin/caddy", "/usr/local/bin/caddy"],
  signal: "SIGKILL",
  command: ({ file }) => ["run", "--adapter", "caddyfile", "--config", file],
  frame: (site) => `{\n  admin off\n  default_bind 127.0.0.1\n}\n${site}\n`,
  at: (site) => put(site, ":80 {", ":{PORT} {"),
  stock: ":80 {\n  reverse_proxy 127.0.0.1:3000\n}",
  several: (site, lines) => put(site, /reverse_proxy.*\n/.exec(site)[0], lines),
};

const APACHE_MODULES = ["mpm_event", "authz_core", "deflate", "filter", "reqtimeout", "setenvif"];

export const apache = {
  name: "apache",
  places: ["/usr/sbin/apache2", "/usr/sbin/httpd"],
  signal: "SIGKILL",
  command: ({ folder, file }) => ["-X", "-d", folder, "-f", file],
  // The module's name is the file's: a2enmod links what loads it.
  frame: (site, { folder }) => {
    const [modules, lines] = split(site);
    const load = (name) => `LoadModule ${name}_module ${process.env.APACHE_MODULES ?? "/usr/lib/apache2/modules"}/mod_${name}.so`;
    return `
ServerName localhost
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel error
Timeout 300
KeepAliveTimeout 5
Listen 127.0.0.1:{PORT}
${[...APACHE_MODULES, ...modules].map(load).join("\n")}
${isRoot ? "User www-data\nGroup www-data" : ""}
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=10,minrate=500
AddOutputFilterByType DEFLATE text/html text/plain text/xml application/javascript
${lines}
`;
  },
  at: (site) => put(site, "<VirtualHost *:80>", "<VirtualHost *:{PORT}>"),
  stock: "# a2enmod proxy proxy_http\n<VirtualHost *:80>\n  ProxyPass / http://127.0.0.1:3000/\n</VirtualHost>",
  several: (site, lines) => {
    const [, inside] = split(lines);
    const modules = `${/^# a2enmod.*/.exec(site)[0]} ${split(lines)[0].join(" ")}`;
    return put(put(site, /^# a2enmod.*/.exec(site)[0], modules), /^ *ProxyPass .*\n/m.exec(site)[0], inside);
  },
};

/** The modules that its first line names, and the lines after it. */
function split(site) {
  const [, modules, lines] = /^# a2enmod (.*)\n([^]*)$/.exec(site);
  return [modules.trim().split(/ +/), lines];
}

export const kinds = [nginx, haproxy, caddy, apache];

/** What the page says for a site with its server at `port`, or its servers at these ports. */
export function filled(kind, site, ...ports) {
  return ports.reduce((text, port, index) => put(text, `127.0.0.1:${3000 + index}`, `127.0.0.1:${port}`), kind.at(site));
}

/** Why tests of it are skipped, or false. */
export const missing = (kind) => !binary(kind) && `no ${kind.name}, and ${kind.name.toUpperCase()}_BINARY does not name one`;
