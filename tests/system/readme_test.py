#!/usr/bin/env python3
"""Runs the commands of a document's ```sh blocks, in order, in one shell, as a reader would.
usage: readme_test.py DOCUMENT BIN_DIR"""
import os
import re
import subprocess
import sys
import tempfile

document, bin_dir = sys.argv[1], os.path.abspath(sys.argv[2])
with open(document) as f:
    blocks = re.findall(r'^```sh\n(.*?)^```', f.read(), re.M | re.S)
assert blocks, f'{document} shows no commands'
with tempfile.TemporaryDirectory(prefix='yizhan-readme.') as home:
    from yizhan_fixture import free_port
    script = 'set -eu\n' + '\n'.join(blocks)
    # The reader's folder and port, and this build's programs.
    script = script.replace('$PWD/build/release/bin', bin_dir).replace('8470', str(free_port()))
    # pkill -f would find this test too: its command line names the document only.
    done = subprocess.run(['bash', '-c', 'eval "$SCRIPT"'], timeout=60, text=True,
                          env={**os.environ, 'HOME': home, 'SCRIPT': script.replace(
                              'pkill -f yizhan-demo', f'pkill -f {home}/yizhan-demo')},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout)
    if done.returncode:
        subprocess.run(['pkill', '-f', f'{home}/yizhan-demo'])
        for log in ('broker', 'li', 'wang'):
            path = f'{home}/yizhan-demo/{log}.log'
            if os.path.exists(path):
                print(f'--- {log}.log\n' + open(path).read())
    sys.exit(done.returncode)
