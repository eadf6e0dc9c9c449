// nginx as a distribution ships it, in front of a server: its Host is the upstream's, as without further lines.
import { filled, nginx } from "../proxies/kinds.mjs";
import { Proxy } from "../proxies/proxy.mjs";

const SITE = `
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
server {
  listen 80;
  location / {
    proxy_pass http://127.0.0.1:3000;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
  }
}
`;

export const Nginx = { start: (upstream) => Proxy.start(nginx, filled(nginx, SITE, upstream)) };
