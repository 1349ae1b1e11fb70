#!/bin/sh
# Makes sure that there is a Chromium for the browser tests: Debian's where we may install it, else any that is there. The one
# that has no windows starts in a third of the time and brings fewer packages.
# With it comes nginx, without which the tests of the app behind a proxy are left out.
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] && exit 0
[ -x "/Applications/Chromium.app/Contents/MacOS/Chromium" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  apt-get update -q
  apt-get install -y -q chromium-headless-shell nginx-light || apt-get install -y -q chromium nginx-light
  exit
fi
echo "The browser tests need Chromium, and this account may not install it." >&2
echo "On Debian or Ubuntu: sudo apt-get install chromium. On macOS: brew install --cask chromium." >&2
exit 1
