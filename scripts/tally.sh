# Steps of scripts/test: each runs one command, reads its runner's counts, and adds them up.
# Sourced; expects $logs, the folder of the log files.
# shellcheck shell=bash disable=SC2154

passed=0
failed=0
skipped=0
skips=()
failures=()

# The last number that a sed expression finds in the log, or 0.
found() {
  local number
  number=$(sed -nE "$1" "$log" | tail -n 1)
  echo "${number:-0}"
}

# The sum of all numbers that a sed expression finds in the log.
sum() { sed -nE "$1" "$log" | awk '{ total += $1 } END { print total + 0 }'; }

# Each sets p, f and s from $log; $code is the command's exit status.
count_check() {
  p=$((code == 0)) f=$((code != 0)) s=0
}
count_nextest() {
  p=$(found 's/.*tests? run: ([0-9]+) passed.*/\1/p')
  f=$(($(found 's/.*tests? run: .*[ ,]([0-9]+) failed.*/\1/p') + $(found 's/.*tests? run: .*[ ,]([0-9]+) timed out.*/\1/p')))
  s=$(found 's/.*tests? run: .*[ ,]([0-9]+) skipped.*/\1/p')
}
count_cargo() {
  p=$(sum 's/^test result: .* ([0-9]+) passed;.*/\1/p')
  f=$(sum 's/^test result: .* ([0-9]+) failed;.*/\1/p')
  s=$(sum 's/^test result: .* ([0-9]+) ignored;.*/\1/p')
}
# Node's runner reports as `spec`, or as TAP where nobody asked and no terminal listens.
count_node() {
  p=$(sum 's/^(ℹ|#) pass ([0-9]+)$/\2/p')
  f=$(($(sum 's/^(ℹ|#) fail ([0-9]+)$/\2/p') + $(sum 's/^(ℹ|#) cancelled ([0-9]+)$/\2/p')))
  s=$(sum 's/^(ℹ|#) (skipped|todo) ([0-9]+)$/\3/p')
  local line
  while IFS= read -r line; do skips+=("$name: $line"); done < <(
    sed -nE -e 's/^ *﹣ (.*) \([0-9.]+ms\) # (.*)$/\1: \2/p' -e 's/^ *ok [0-9]+ - (.*) # SKIP (.*)$/\1: \2/p' "$log"
  )
}
count_unittest() {
  local ran errors
  ran=$(sum 's/^Ran ([0-9]+) tests? in .*/\1/p')
  errors=$(sum 's/^FAILED \(.*errors=([0-9]+).*/\1/p')
  f=$(($(sum 's/^FAILED \(.*failures=([0-9]+).*/\1/p') + errors))
  s=$(sum 's/^(OK|FAILED) \(.*skipped=([0-9]+).*/\2/p')
  p=$((ran - f - s))
}

# skip NAME REASON: a step that cannot run here.
skip() {
  skipped=$((skipped + 1))
  skips+=("$1: $2")
  printf -- '-- %-32s skipped: %s\n' "$1" "$2"
}

# leave_out REASON NAME...: steps that this suite does not have, said in one line.
leave_out() {
  local reason=$1 names
  shift
  (($#)) || return 0
  printf -v names '%s, ' "$@"
  skipped=$((skipped + $#))
  skips+=("${names%, }: $reason")
  printf -- '-- %s skipped: %s\n' "${names%, }" "$reason"
}

# A step that takes longer, in seconds, is ended and has failed.
limit=${STEP_LIMIT:-900}

# within COMMAND...: runs a command or a function in a process group of its own, ended when the time is up.
within() {
  local job watch code
  set -m
  "$@" </dev/null &
  job=$!
  {
    sleep "$limit"
    echo "ended after $limit s"
    kill -TERM -- "-$job"
    sleep 5
    kill -KILL -- "-$job"
  } 2>/dev/null &
  watch=$!
  set +m
  trap 'kill -TERM -- "-$job" "-$watch"; exit 130' INT TERM
  wait "$job"
  code=$?
  trap - INT TERM
  kill -TERM -- "-$watch" 2>/dev/null
  wait "$watch" 2>/dev/null
  return "$code"
}

# step NAME RUNNER COMMAND...: runs the command; its output goes to a log file, shown when it fails.
# A `check` is one pass or one failure. A function that ends with status 77 skips, its last argument is the reason.
step() {
  name=$1
  local runner=$2 from=$SECONDS code p f s
  shift 2
  log=$logs/${name//[^A-Za-z0-9]/-}.log
  printf '>> %s\n' "$name"
  within "$@" >"$log" 2>&1
  code=$?
  if [[ $code == 77 && $runner == check ]]; then
    skip "$name" "${*: -1}"
    return
  fi
  "count_$runner"
  # A runner that breaks before it counts is a failure too, and so is one that ran nothing.
  if ((code != 0 && f == 0)); then f=1; fi
  if ((code == 0 && p + f + s == 0)); then
    f=1
    echo "no test ran" >>"$log"
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  local word=ok
  if ((f > 0)); then
    word=FAILED
    failures+=("$name: $f (log: ${log#"$root"/})")
    tail -n 150 "$log"
  fi
  printf -- '-- %-32s %s: %d passed, %d failed, %d skipped, %d s\n' "$name" "$word" "$p" "$f" "$s" $((SECONDS - from))
}

# The closing lines; ends the script.
summary() {
  printf '\n%d min %d s\n' $((SECONDS / 60)) $((SECONDS % 60))
  local line
  for line in ${failures[@]+"${failures[@]}"}; do printf 'failed: %s\n' "$line"; done
  for line in ${skips[@]+"${skips[@]}"}; do printf 'skipped: %s\n' "$line"; done
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  exit $((failed > 0))
}
