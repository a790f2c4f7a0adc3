import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PLAIN_ENVIRONMENT } from "./ordinary-user.ts";

/** The environment in which a program `name` of this text, in a new folder `bin` of `home`, is first in the PATH. */
export function programs(home: string, name: string, text: string): { PATH: string } {
  const bin = join(home, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, name), text);
  chmodSync(join(bin, name), 0o755);
  return { PATH: `${bin}:${PLAIN_ENVIRONMENT.PATH}` };
}

/** A curl that writes no files of its own, as the one from snap outside of the home. */
export const CONFINED_CURL = '#!/bin/sh\nfor a; do [ "$a" != -o ] || exit 23; done\nexec /usr/bin/curl "$@"\n';

/** A curl before 7.55: it reads no headers from a file, but drops the header `@-` without a word. */
export const OLD_CURL =
  '#!/bin/sh\nn=$#; while [ $n -gt 0 ]; do a=$1; shift; n=$((n - 1)); case "$a $1" in "-H @"*) shift; n=$((n - 1)) ;; *) set -- "$@" "$a" ;; esac; done\nexec /usr/bin/curl "$@"\n';
