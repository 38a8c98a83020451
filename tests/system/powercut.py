#!/usr/bin/env python3
"""Power cuts on a real ext4: the file system is shut down without flushing while the daemon works,
remounted (the journal is replayed, as after a cut), and every acknowledgement that had left before
the cut must be in the database. Needs root and loop devices; exits 77 (skipped) without.

usage: powercut.py BIN_DIR broker|agent CUTS [SEED] [--control eatmydata|lying-fsync]
broker: push_client's STORED answers against the server database.
agent:  `.accepted` files (outside the damaged disk) against the client database.
--control runs the same with a broken disk promise, and succeeds only if losses are found."""
import argparse
import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cut_disk import CutDisk
from yizhan_fixture import free_port, task_text, wait_for

parser = argparse.ArgumentParser()
parser.add_argument('bin')
parser.add_argument('who', choices=['broker', 'agent'])
parser.add_argument('cuts', type=int)
parser.add_argument('seed', type=int, nargs='?', default=1)
parser.add_argument('--control', choices=['eatmydata', 'lying-fsync'])
args = parser.parse_args()
bin_dir = os.path.abspath(args.bin)
rnd = random.Random(args.seed)

scratch = tempfile.mkdtemp(prefix='powercut.')
disk = f'{scratch}/disk'
power = CutDisk(f'{scratch}/disk.img', disk)

prefix = []
if args.control == 'eatmydata':
    prefix = ['eatmydata']
elif args.control == 'lying-fsync':
    prefix = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e',
              'inject=fsync,fdatasync:retval=0']


class BrokerRun:
    def start(self, number):
        port = free_port()
        config = f'{scratch}/broker.ini'
        with open(config, 'w') as f:
            f.write(f'[broker]\nlisten = tcp://127.0.0.1:{port}\nstate_dir = {disk}/broker\n'
                    'enroll = auto\n')
        os.makedirs(f'{disk}/broker', exist_ok=True)
        with open(f'{scratch}/broker.log', 'ab') as log:
            self.daemon = subprocess.Popen([*prefix, f'{bin_dir}/yizhan-broker', '--config', config],
                                           stdout=log, stderr=log, start_new_session=True)
        wait_for('broker.pub', lambda: os.path.exists(f'{disk}/broker/broker.pub'))
        self.client = subprocess.Popen(
            [f'{bin_dir}/push_client', f'tcp://127.0.0.1:{port}', f'{disk}/broker/broker.pub',
             str(args.seed * 1_000_003 + number)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        self.buffer = b''
        self.read(20)  # the first acknowledgement: it is up
        return self.buffer != b''

    def read(self, seconds):
        fd = self.client.stdout.fileno()
        if select.select([fd], [], [], seconds)[0]:
            self.buffer += os.read(fd, 1 << 16)

    def work(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)

    def acknowledged(self):
        # Only what left before the cut counts: what the pipe holds now.
        fd = self.client.stdout.fileno()
        while select.select([fd], [], [], 0)[0] and (got := os.read(fd, 1 << 16)):
            self.buffer += got
        return set(self.buffer.decode().split('\n')[:-1])

    def kill(self):
        for process in (self.client, self.daemon):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.client.stdout.close()

    database, table = 'broker/server.db', 'message'


class AgentRun:
    def start(self, number):
        self.inbox = f'{scratch}/inbox{number}'
        os.makedirs(self.inbox)
        config = f'{scratch}/agent.ini'
        key = '0' * 40
        with open(config, 'w') as f:
            f.write(f'[agent]\nstate_dir = {disk}/agent\nuser = me\nbroker_key = {key}\n'
                    f'brokers = tcp://127.0.0.1:{free_port()}\n\n'
                    f'[watch inbox]\npath = {self.inbox}\nmode = managed\n')
        with open(f'{scratch}/agent.log', 'ab') as log:
            self.daemon = subprocess.Popen([*prefix, f'{bin_dir}/yizhan-agent', '--config', config],
                                           stdout=log, stderr=log, start_new_session=True)
        self.ids = {}
        self.number = 0
        self.work(10, until_first=True)
        return bool(self.acknowledged())

    def drop(self):
        id, text = task_text('user:somebody')
        name = f't{self.number}.ini'
        self.number += 1
        with open(f'{self.inbox}/.{name}', 'w') as f:
            f.write(text)
        os.rename(f'{self.inbox}/.{name}', f'{self.inbox}/{name}')
        self.ids[name] = id.replace('-', '')

    def work(self, seconds, until_first=False):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.drop()
            time.sleep(0.001)
            if until_first and self.acknowledged():
                return
            if until_first:
                time.sleep(0.05)

    def acknowledged(self):
        return {self.ids[name] for name in self.ids
                if os.path.exists(f'{self.inbox}/{name}.accepted')}

    def kill(self):
        os.killpg(self.daemon.pid, signal.SIGKILL)
        self.daemon.wait()
        shutil.rmtree(self.inbox, ignore_errors=True)

    database, table = 'agent/client.db', 'outgoing'


total = lost = corrupt = cuts_with_loss = 0
began = time.monotonic()
for cut in range(args.cuts):
    power.mount()
    run = BrokerRun() if args.who == 'broker' else AgentRun()
    if not run.start(cut):
        sys.exit(f'cut {cut}: no acknowledgement at all; logs in {scratch}')
    run.work(rnd.uniform(0.002, 0.25))
    acknowledged = power.cut(run.acknowledged)
    run.kill()
    power.unmount()
    power.mount()
    kept = set()
    try:
        db = sqlite3.connect(f'{disk}/{run.database}')
        if db.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
            corrupt += 1
        kept = {row[0] for row in db.execute(f'SELECT lower(hex(id)) FROM {run.table}')}
        db.close()
    except sqlite3.Error as error:
        if 'no such table' not in str(error) and 'unable to open' not in str(error):
            corrupt += 1
    gone = acknowledged - kept
    total += len(acknowledged)
    lost += len(gone)
    cuts_with_loss += bool(gone)
    power.unmount()
shutil.rmtree(scratch, ignore_errors=True)
print(f'{args.who}{" with " + args.control if args.control else ""}: cuts={args.cuts} '
      f'acknowledged={total} LOST={lost} cuts_with_loss={cuts_with_loss} corrupt={corrupt} '
      f'{time.monotonic() - began:.0f}s')
if args.control:
    sys.exit(0 if lost or corrupt else 1)
sys.exit(1 if lost or corrupt else 0)
