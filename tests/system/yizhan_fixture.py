"""Real daemons for the system tests: a broker and agents in a scratch folder, on loopback."""
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import uuid


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_for(what, condition, seconds=30, every=0.02):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f'gave up after {seconds} s waiting for {what}')


class Daemon:
    """One process with its configuration file; restarted at will."""

    def __init__(self, program, config, log, prefix=()):
        self.program, self.config, self.log, self.prefix = program, config, log, list(prefix)
        self.process = None

    def start(self):
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(
                self.prefix + [self.program, '--config', self.config],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        return self

    def kill(self):
        """As a crash does: no warning, and the children of an agent live on."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


class Fleet:
    """A broker and agents. Use as a context manager: everything is stopped and removed."""

    def __init__(self, bin_dir, root=None, rules=None):
        self.bin = os.path.abspath(bin_dir)
        self.root = root or tempfile.mkdtemp(prefix='yizhan-test.')
        self.port = free_port()
        self.agents = {}
        self.broker_config = f'{self.root}/broker.ini'
        os.makedirs(f'{self.root}/broker', exist_ok=True)
        with open(self.broker_config, 'w') as f:
            f.write(f'[broker]\nlisten = tcp://127.0.0.1:{self.port}\n'
                    f'state_dir = {self.root}/broker\nenroll = auto\n')
            if rules:
                f.write(f'\n[rules]\npath = {rules}\n')
        self.broker = Daemon(f'{self.bin}/yizhan-broker', self.broker_config,
                             f'{self.root}/broker.log')

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for daemon in [*self.agents.values(), self.broker]:
            daemon.stop()
        if kind is None:
            shutil.rmtree(self.root, ignore_errors=True)
        else:
            print(f'logs are in {self.root}')
            for name in sorted(os.listdir(self.root)):
                if name.endswith('.log'):
                    with open(f'{self.root}/{name}', errors='replace') as f:
                        print(f'--- {name}\n' + ''.join(f.readlines()[-25:]))

    def start_broker(self):
        self.broker.start()
        self.wait_for_broker()

    def wait_for_broker(self):
        wait_for('the broker', lambda: self.operator('status', check=False).returncode == 0)

    def add_agent(self, user, extra='', watch=None, mode='managed', start=True):
        inbox = watch or f'{self.root}/{user}/inbox'
        os.makedirs(inbox, exist_ok=True)
        os.makedirs(f'{self.root}/{user}', exist_ok=True)
        config = f'{self.root}/{user}.ini'
        with open(config, 'w') as f:
            f.write(f'[agent]\nstate_dir = {self.root}/{user}/state\nuser = {user}\n'
                    f'brokers = tcp://127.0.0.1:{self.port}\n'
                    f'broker_key_file = {self.root}/broker/broker.pub\n{extra_agent(extra)}'
                    f'\n[watch inbox]\npath = {inbox}\nmode = {mode}\n{extra_sections(extra)}')
        agent = Daemon(f'{self.bin}/yizhan-agent', config, f'{self.root}/{user}.log')
        agent.inbox = inbox
        self.agents[user] = agent
        if start:
            agent.start()
            wait_for(f'{user} to be online', lambda: self.presence(user) == 'online')
        return agent

    def presence(self, user):
        shown = self.operator('clients', 'show', user, '--json', check=False)
        return json.loads(shown.stdout)['presence'] if shown.returncode == 0 else None

    def yizhan(self, config, *arguments, check=True):
        done = subprocess.run([f'{self.bin}/yizhan', '--config', config, *arguments],
                              capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f'yizhan {" ".join(arguments)}: {done.returncode}\n'
                                 f'{done.stdout}{done.stderr}')
        return done

    def operator(self, *arguments, check=True):
        return self.yizhan(self.broker_config, *arguments, check=check)

    def user(self, user, *arguments, check=True):
        return self.yizhan(self.agents[user].config, *arguments, check=check)

    def ask(self, user, *arguments):
        return json.loads(self.user(user, *arguments, '--json').stdout)

    def rows(self, path, sql):
        db = sqlite3.connect(f'file:{self.root}/{path}?mode=ro', uri=True, timeout=10)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()


def extra_agent(extra):
    """Lines of `extra` before its first section belong to [agent]."""
    return extra.split('[', 1)[0] if extra else ''


def extra_sections(extra):
    return '\n[' + extra.split('[', 1)[1] if '[' in extra else ''


def task_text(recipient, kind='task', id=None, ack='none', end=True, **sections):
    id = id or str(uuid.uuid4())
    text = (f'[yizhan]\nversion = 1\nkind = {kind}\nid = {id}\n'
            f'created = 2026-03-04T09:12:00+08:00\nrecipient = {recipient}\nack = {ack}\n')
    if kind == 'task':
        sections.setdefault('project', {'id': 'P-1'})
        sections.setdefault('job', {'id': 'J-1', 'type': 'translate', 'source_lang': 'en-US',
                                    'target_lang': 'zh-CN', 'due': '2027-03-06T18:00:00+08:00'})
    if kind == 'question':
        sections.setdefault('question', {'category': 'terminology', 'text': '以哪个为准？'})
    for name, values in sections.items():
        text += f'\n[{name}]\n' + ''.join(f'{k} = {v}\n' for k, v in values.items())
    return id, text + ('\n[end]\n' if end else '')
