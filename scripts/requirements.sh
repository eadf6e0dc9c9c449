# What scripts/test needs beside cargo: finds what is missing, lists it, asks, installs it.
# Sourced; expects $root, $suite, $yes, $tools and $venv.
# shellcheck shell=bash disable=SC2154

node_folder=$tools/node
[[ -x $node_folder/node_modules/node/bin/node ]] && export PATH="$node_folder/node_modules/node/bin:$PATH"

node_major() { node --version 2>/dev/null | sed -nE 's/^v([0-9]+).*/\1/p'; }
have_npm() { command -v npm >/dev/null && [[ $(node_major) -ge 22 ]]; }

chromium_path() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [[ -n $name ]] && command -v "$name" && return
  done
  return 0
}

# The path of the first of these programs that is there; what daemons are in is not in everybody's PATH.
daemon_path() {
  local name
  for name in "$@"; do
    PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$name" && return
  done
  return 0
}
nginx_path() { daemon_path ${NGINX_BINARY:+"$NGINX_BINARY"} nginx; }
haproxy_path() { daemon_path ${HAPROXY_BINARY:+"$HAPROXY_BINARY"} haproxy; }
caddy_path() { daemon_path ${CADDY_BINARY:+"$CADDY_BINARY"} caddy; }
apache_path() { daemon_path ${APACHE_BINARY:+"$APACHE_BINARY"} apache2 httpd; }

# The projects of tests/packages that this suite builds; npm installs each in .cache/packages.
chosen_projects() {
  case $suite in
    quick) ;;
    all) ls tests/packages/projects ;;
    *) printf '%s\n' alias checks jest vite ;;
  esac
}

# A project is ready when it has been installed from the description that it has now.
project_ready() { [[ -d .cache/packages/$1/node_modules && ! tests/packages/projects/$1/package.json -nt .cache/packages/$1/node_modules ]]; }

# Whether a folder's packages are those of its lock file.
npm_ready() { [[ -f $1/node_modules/.package-lock.json && ! $1/package-lock.json -nt $1/node_modules/.package-lock.json ]]; }
autobahn_ready() { cat tests/autobahn/requirements.txt tests/autobahn/port.py | cmp -s - .cache/autobahn/made-from; }
venv_ready() { cmp -s tests/interop/python/requirements.txt "$venv/requirements.txt"; }

# apt-get with what it needs to be root; fails where that is not to be had.
as_root() {
  if [[ $EUID == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    # Without a terminal nobody can type a password.
    if [[ -t 0 && -z ${CI:-} ]]; then sudo "$@"; else sudo -n "$@"; fi
  else
    return 1
  fi
}

# Installs Debian packages; no service of theirs starts.
apt_install() {
  local policy=/usr/sbin/policy-rc.d made=false code=0
  command -v apt-get >/dev/null && as_root true || return 1
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" && made=true
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    trap 'exit 130' INT TERM
  fi
  as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" || code=1
  if $made; then
    as_root rm -f "$policy"
    trap - EXIT INT TERM
  fi
  return $code
}

# Fills the lists of what is missing.
missing() {
  apt=() npm=() projects=() pip=() autobahn=() cargo=()
  command -v npm >/dev/null || apt+=(nodejs npm)
  command -v openssl >/dev/null || apt+=(openssl)
  [[ $(node_major) -ge 22 ]] || npm+=(node@22)
  local folder
  for folder in browser tests/interop tests/types; do
    if [[ -f $folder/package-lock.json ]]; then npm_ready "$folder" || npm+=("$folder"); fi
  done
  for folder in $(chosen_projects); do
    project_ready "$folder" || projects+=("$folder")
  done
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt+=(python3 python3-venv)
  venv_ready || pip+=(tests/interop/python/requirements.txt)
  if [[ $suite != quick ]]; then
    autobahn_ready || autobahn=(tests/autobahn/requirements.txt)
    [[ -n $(chromium_path) ]] || apt+=(chromium)
    command -v firefox-esr >/dev/null || command -v firefox >/dev/null || apt+=(firefox-esr)
    [[ -n $(nginx_path) ]] || apt+=(nginx-light)
    [[ -n $(haproxy_path) ]] || apt+=(haproxy)
    [[ -n $(caddy_path) ]] || apt+=(caddy)
    [[ -n $(apache_path) ]] || apt+=(apache2)
    [[ -x /usr/bin/WebKitWebDriver ]] || apt+=(webkit2gtk-driver)
    command -v xvfb-run >/dev/null || apt+=(xvfb xauth)
    [[ -x $tools/bin/cargo-deny ]] || cargo+=(cargo-deny)
  fi
}

install_requirements() {
  command -v cargo >/dev/null || {
    echo "cargo is missing: install Rust first" >&2
    return 1
  }
  missing
  if ((${#apt[@]} + ${#npm[@]} + ${#projects[@]} + ${#pip[@]} + ${#autobahn[@]} + ${#cargo[@]} == 0)); then return 0; fi

  echo "To install:"
  ((${#apt[@]})) && echo "  apt, on the system:      ${apt[*]}"
  ((${#npm[@]})) && echo "  npm, in this folder:     ${npm[*]}"
  ((${#projects[@]})) && echo "  npm, in .cache/packages: what the projects ${projects[*]} use, when their turn comes"
  ((${#pip[@]})) && echo "  pip, in .cache/python:   ${pip[*]}"
  ((${#autobahn[@]})) && echo "  pip, in .cache/autobahn: Autobahn|Testsuite, ${autobahn[*]}"
  ((${#cargo[@]})) && echo "  cargo, in ${tools#"$root"/}:  ${cargo[*]} (built from source, some three minutes on two cores)"
  if [[ $yes != true && -t 0 && -t 1 ]]; then
    local reply
    read -rp "Install? [y/N] " reply
    [[ $reply == [yY]* ]] || return 1
  fi

  if ((${#apt[@]})); then
    apt_install "${apt[@]}" >"$logs/apt.log" 2>&1 ||
      echo "not installed, what needs it is skipped: ${apt[*]} (needs apt-get as root; log: ${logs#"$root"/}/apt.log)"
  fi
  local item
  for item in ${npm[@]+"${npm[@]}"}; do
    command -v npm >/dev/null || break
    if [[ $item == node@* ]]; then
      mkdir -p "$node_folder"
      npm install --prefix "$node_folder" --no-audit --no-fund --loglevel=error "$item" || return 1
      export PATH="$node_folder/node_modules/node/bin:$PATH"
      have_npm || { echo "npm's $item does not run here" >&2; return 1; }
    else
      (cd "$item" && npm ci --no-audit --no-fund --loglevel=error) || return 1
    fi
  done
  if ((${#pip[@]})) && python3 -c 'import ensurepip, venv' 2>/dev/null; then
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "${pip[0]}" || return 1
    cp "${pip[0]}" "$venv/requirements.txt"
  fi
  if ((${#autobahn[@]})) && python3 -c 'import ensurepip, venv' 2>/dev/null; then
    tests/autobahn/run install || return 1
  fi
  if ((${#cargo[@]})); then
    # It runs for seconds, so that the time of its build is what counts.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
      CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" "${cargo[@]}" || return 1
    rm -rf "$tools/build"
  fi
}
