#!/usr/bin/env python3
"""What a watched folder may hold besides good task files, and what may happen to it: nothing of it
stops the agent, holds up a good file, leaks a descriptor or fills its memory.
usage: bad_input.py BIN_DIR [CASE…]. As root, the agent under test runs as another user, for whom
rights mean something; cases that only root can set up are skipped for others."""
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from yizhan_fixture import Fleet, task_text, wait_for

NOBODY = 65534
IS_ROOT = os.geteuid() == 0
PREFIX = (['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', '--']
          if IS_ROOT else [])
MEMORY_LIMIT_KIB = 128 * 1024 * int(os.environ.get('YIZHAN_MEMORY_FACTOR', '1'))
CROWD = 20_000  # three events a file: more than fs.inotify.max_queued_events, 16,384
BIG = 1 << 30


class Sender:
    """The agent under test, its folder, and what shall have come out of it."""

    def __init__(self, fleet, name, home, extra='rescan_interval = 1s\n'):
        self.fleet, self.name = fleet, name
        self.inbox = f'{home}/inbox'
        os.makedirs(self.inbox, exist_ok=True)
        self.agent = fleet.add_agent(name, extra=extra, watch=self.inbox, start=False)
        self.ids = []
        self.ends = []

    def start(self, *folders):
        for folder in (self.inbox, f'{self.fleet.root}/{self.name}', *folders):
            own(folder)
        self.agent.prefix = PREFIX
        self.agent.start()
        wait_for('the agent', lambda: self.fleet.presence(self.name) == 'online')

    @property
    def pid(self):
        return self.agent.process.pid

    def path(self, name):
        return os.path.join(os.fsencode(self.inbox), os.fsencode(name))

    def write(self, name, text):
        with open(self.path(name), 'wb') as f:
            f.write(text if isinstance(text, bytes) else text.encode())

    def drop(self, name, **sections):
        """A good task file under this name: it has to come out."""
        id, text = task_text('user:to', **sections)
        self.write(name, text)
        self.ids.append(id)
        return id

    def result(self, name, kind='rejected'):
        try:
            with open(self.path(name) + b'.' + kind.encode(), errors='replace') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def rejected(self, name, *words):
        text = wait_for(f'{name!r} to be rejected', lambda: self.result(name))
        for word in words:
            assert word in text, f'{name!r}: {text!r} does not say {word!r}'
        return text

    def log(self):
        with open(self.agent.log, errors='replace') as f:
            return f.read()

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.pid}/fd'))

    def memory(self):
        with open(f'/proc/{self.pid}/status') as f:
            return int(next(line for line in f if line.startswith('VmHWM')).split()[1])


def own(path):
    if not IS_ROOT:
        return
    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(os.path.join(folder, name), NOBODY, NOBODY, follow_symlinks=False)


def is_there(fleet, id):
    shown = fleet.user('to', 'tasks', 'show', id, '--json', check=False)
    return shown.returncode == 0


def relayed(fleet, id, seconds=20):
    wait_for(f'{id} to arrive', lambda: is_there(fleet, id), seconds)


def accepted_by_broker(fleet):
    return json.loads(fleet.operator('ledger', '--json').stdout)['accepted']


# ---- what lies in the folder. Each returns words only if it is skipped.

def foreign_ini(s):
    foreign = {'desktop.ini': b'[.ShellClassInfo]\r\nIconIndex=1\r\n',
               'php.ini': b'; [yizhan]\n[PHP]\nengine = On\n', 'empty.ini': b'',
               'binary.ini': bytes(range(256)) * 300}
    for name, content in foreign.items():
        s.write(name, content)
    s.fleet.drop_good(s)
    for name, content in foreign.items():
        with open(s.path(name), 'rb') as f:
            assert f.read() == content, f'{name} was changed'
        assert name not in s.log(), f'{name} is mentioned'
        assert not s.result(name), f'{name} has a result file'


def fifo(s):
    os.mkfifo(s.path('fifo.ini'))
    s.rejected('fifo.ini', 'not a regular file')
    assert stat.S_ISFIFO(os.lstat(s.path('fifo.ini')).st_mode)


def links(s):
    id, text = task_text('user:to')
    target = f'{s.fleet.root}/linked.ini'
    with open(target, 'w') as f:
        f.write(text)
    os.symlink(target, s.path('link.ini'))
    os.symlink('/etc/passwd', s.path('passwd.ini'))
    os.symlink('nowhere', s.path('dangling.ini'))
    for name in ('link.ini', 'passwd.ini', 'dangling.ini'):
        assert 'root:' not in s.rejected(name, 'not a regular file')
    s.fleet.drop_good(s)
    assert not is_there(s.fleet, id), 'a link was followed'
    with open(target) as f:
        assert f.read() == text


def device(s):
    if not IS_ROOT:
        return 'making a device needs root'
    try:
        os.mknod(s.path('zero.ini'), 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        return 'this container may not make devices'
    return s.rejected('zero.ini', 'not a regular file') and None


def unix_socket(s):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fsdecode(s.path('s.ini')))
        s.rejected('s.ini', 'not a regular file')


def directory(s):
    os.mkdir(s.path('folder.ini'))
    shutil.copy(b'/etc/hostname', s.path('folder.ini'))
    own(os.fsdecode(s.path('folder.ini')))
    s.fleet.drop_good(s)
    assert os.listdir(s.path('folder.ini')) == [b'hostname']
    assert not s.result('folder.ini')


def sparse(s):
    for name, head in (('sparse.ini', b''), ('big.ini', task_text('user:to')[1].encode())):
        with open(s.path(name), 'wb') as f:
            f.write(head)
            f.truncate(BIG)
    s.rejected('big.ini', 'over the limit of 262144 bytes')
    assert os.path.getsize(s.path('sparse.ini')) == BIG, 'a foreign file was touched'
    os.unlink(s.path('sparse.ini'))


def unreadable(s):
    id, text = task_text('user:to')
    hidden = f'{s.fleet.root}/unreadable'
    with open(hidden, 'w') as f:
        f.write(text)
    os.chmod(hidden, 0)
    os.rename(hidden, s.path('unreadable.ini'))
    s.rejected('unreadable.ini', 'cannot take')
    s.fleet.drop_good(s)
    assert not is_there(s.fleet, id)
    os.chmod(s.path('unreadable.ini'), 0o644)  # no event says so: the next rescan finds it
    s.ids.append(id)
    relayed(s.fleet, id)


def names(s):
    odd = [b'new\nline.ini', b'\xff\xfe\x80.ini', b'\x1b[31mred.ini', b'n' * 251 + b'.ini',
           '长'.encode() * 83 + b'.x.ini', b'-rf.ini', b'a;reboot;$(x).ini']
    for name in odd:
        relayed(s.fleet, s.drop(name))
        wait_for(f'{name!r} to be moved', lambda n=name: not os.path.lexists(s.path(n)))
    s.write(b'bad\nline.ini', '[yizhan]\nversion = 1\n[end]\n')
    wait_for('its result', lambda: s.result(b'bad\nline.ini'))
    log = s.log()
    assert 'new\nline' not in log and 'bad\nline' not in log, 'a name broke a line of the log'
    assert '\x1b' not in log, 'a name reached the terminal'


def one_id_two_contents(s):
    id = s.drop('first.ini')
    wait_for('the first one', lambda: s.result('first.ini', 'accepted'))
    s.write('second.ini', task_text('user:to', id=id, project={'id': 'P-2'})[1])
    s.rejected('second.ini', id, 'used before, with other content', 'first.ini')
    s.write('third.ini', task_text('user:to', id=id)[1])
    wait_for('the same again', lambda: 'already taken' in s.result('third.ini', 'accepted'))


def read_only_folder(s):
    os.chmod(s.inbox, 0o555)
    id = s.drop('waits.ini')  # root may; who is not root may neither write nor drop
    wait_for('the log to say so', lambda: 'cannot take waits.ini' in s.log())
    assert s.agent.process.poll() is None and os.path.exists(s.path('waits.ini'))
    os.chmod(s.inbox, 0o755)
    relayed(s.fleet, id)


def folder_made_again(s):
    for again in range(4):
        moved = f'{s.inbox}.{again}'
        os.rename(s.inbox, moved)
        if again % 2 == 0:
            shutil.rmtree(moved)
        # At once, or when the agent has seen that it is gone.
        if again >= 2:
            s.fleet.wait_until_gone(s)
        os.makedirs(s.inbox, exist_ok=True)
        own(s.inbox)
        relayed(s.fleet, s.drop(f'again-{again}.ini'))


def crowd(s):
    """More files than the kernel queues events for, while the agent sleeps."""
    with open('/proc/sys/fs/inotify/max_queued_events') as f:
        queued = int(f.read())
    before = accepted_by_broker(s.fleet)
    s.agent.process.send_signal(signal.SIGSTOP)
    try:
        for number in range(CROWD):
            s.drop(f'crowd-{number}.ini')
    finally:
        s.agent.process.send_signal(signal.SIGCONT)
    assert 2 * CROWD > queued, f'{queued} events are queued: the queue did not overflow'
    wait_for('the crowd', lambda: accepted_by_broker(s.fleet) == before + CROWD, seconds=180,
             every=0.5)
    wait_for('the last results',
             lambda: not [n for n in os.listdir(s.inbox) if n.startswith('crowd-')
                          and n.endswith('.ini')], seconds=60, every=0.5)
    for id in s.ids[-3:]:
        relayed(s.fleet, id, seconds=60)


CASES = [foreign_ini, fifo, links, device, unix_socket, directory, sparse, unreadable, names,
         one_id_two_contents, read_only_folder, folder_made_again, crowd]
NEEDS_ROOT = {read_only_folder, unreadable}


def run_cases(fleet, chosen):
    s = Sender(fleet, 'from', f'{fleet.root}/from')
    s.start()
    s.fleet.drop_good(s)
    pid, descriptors = s.pid, s.descriptors()
    failures = 0
    for case in chosen:
        begun = time.monotonic()
        try:
            skipped = 'needs root' if case in NEEDS_ROOT and not IS_ROOT else case(s)
            if skipped:
                print(f'skipped: {case.__name__}: {skipped}')
                continue
            fleet.drop_good(s)
            assert s.agent.process.poll() is None and s.pid == pid, 'the agent ended'
            wait_for(f'{s.descriptors()} descriptors to become {descriptors}',
                     lambda: s.descriptors() <= descriptors, seconds=5)
            assert s.memory() < MEMORY_LIMIT_KIB, f'{s.memory()} KiB of memory'
            print(f'ok: {case.__name__}: {time.monotonic() - begun:.1f} s, memory {s.memory()} KiB')
        except AssertionError as error:
            failures += 1
            print(f'FAILED: {case.__name__}: {error}')
        sys.stdout.flush()
        for entry in os.scandir(s.inbox):
            if entry.name.startswith('.yizhan'):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    return failures, len(s.ids)


# ---- no space: folder, database and attachments on a disk that fills up

def revive(s):
    """As a supervisor does."""
    code = s.agent.process.poll()
    if code is not None:
        s.ends.append(code)
        s.agent.start()


def fill(path):
    """Takes what room there is; the last page too."""
    with open(path, 'wb', buffering=0) as f:
        block = bytes(1 << 16)
        while block:
            try:
                if f.write(block) < len(block):
                    raise OSError
            except OSError:
                block = block[:len(block) // 2]


def drop_until_full(s):
    """Files and what the agent keeps of them take the room together, until one does not fit."""
    notes = {f'note{i}': 'x' * 7_900 for i in range(25)}
    dropped = []
    while True:
        revive(s)
        id, text = task_text('user:to', notes=notes)
        name = f'full-{len(dropped)}.ini'
        try:
            s.write(name, text)
        except OSError:
            os.unlink(s.path(name))
            return dropped
        dropped.append(id)
        s.ids.append(id)


def disk_full(fleet):
    disk = f'{fleet.root}/disk'
    os.makedirs(disk)
    image = f'{fleet.root}/disk.img'
    with open(image, 'wb') as f:
        f.truncate(160 << 20)
    subprocess.run(['mkfs.ext4', '-q', '-F', '-m', '0', image], check=True)
    if subprocess.run(['mount', '-o', 'loop', image, disk]).returncode:
        print('skipped: disk_full: this container may not mount')
        return 0, 0
    s = None
    try:
        s = Sender(fleet, 'full', disk, extra=f'rescan_interval = 1s\n')
        with open(s.agent.config) as f:
            text = f.read()
        with open(s.agent.config, 'w') as f:
            f.write(text.replace(f'{fleet.root}/full/state', f'{disk}/state'))
        os.makedirs(f'{disk}/state', mode=0o700)
        s.start(f'{disk}/state')
        fleet.drop_good(s)
        room = f'{disk}/room'
        free = os.statvfs(disk)
        subprocess.run(['fallocate', '-l', str(free.f_bavail * free.f_bsize - (16 << 20)), room],
                       check=True)
        dropped = drop_until_full(s)
        assert len(dropped) >= 10, f'only {len(dropped)} files fitted'
        # What a supervisor does for a while.
        end = time.monotonic() + 8
        while time.monotonic() < end:
            revive(s)
            fill(f'{disk}/rest')
            time.sleep(0.1)
        stuck = sum(not is_there(fleet, id) for id in dropped)
        os.unlink(room)
        os.unlink(f'{disk}/rest')

        def taken():
            revive(s)
            return all(is_there(fleet, id) for id in dropped)
        wait_for('what waited for room', taken, seconds=60, every=0.2)
        wait_for('all files to be moved', lambda: not [
            n for n in os.listdir(s.inbox) if n.startswith('full-') and n.endswith('.ini')])
        for number in range(len(dropped)):
            wait_for('its result', lambda n=number: s.result(f'full-{n}.ini', 'accepted'))
            assert not s.result(f'full-{number}.ini'), s.result(f'full-{number}.ini')
        fleet.drop_good(s)
        assert s.memory() < MEMORY_LIMIT_KIB, f'{s.memory()} KiB of memory'
        assert stuck, 'the disk was never full: this tested nothing'
        assert set(s.ends) <= {74}, f'the agent ended with {s.ends}'
        print(f'ok: disk_full: {stuck} of {len(dropped)} had to wait, '
              f'the agent ended {len(s.ends)} times with 74')
        return 0, len(s.ids)
    except AssertionError as error:
        print(f'FAILED: disk_full: {error}')
        if s:
            print(f'it ended {len(s.ends)} times, and said at last:\n' + s.log()[-3000:])
        return 1, 0
    finally:
        if s:
            s.agent.stop()
        subprocess.run(['umount', disk], check=True)


class TestedFleet(Fleet):
    def drop_good(self, s):
        """Whatever else lies there, a good file dropped now is relayed."""
        relayed(self, s.drop(f'good-{uuid.uuid4()}.ini'))

    def wait_until_gone(self, s):
        before = s.log().count('looking again at each rescan')
        wait_for('the agent to miss its folder',
                 lambda: s.log().count('looking again at each rescan') > before or
                 os.path.exists(s.inbox))


chosen = [c for c in CASES if c.__name__ in sys.argv[2:] or len(sys.argv) < 3]
with TestedFleet(sys.argv[1]) as fleet:
    os.chmod(fleet.root, 0o755)
    fleet.start_broker()
    fleet.add_agent('to')
    failures, good = run_cases(fleet, chosen)
    if len(sys.argv) < 3 or 'disk_full' in sys.argv[2:]:
        if IS_ROOT:
            failed, more = disk_full(fleet)
            failures, good = failures + failed, good + more
        else:
            print('skipped: disk_full: mounting a disk needs root')
    counts = json.loads(fleet.operator('ledger', '--json').stdout)
    print(f'ledger: {counts}')
    assert counts['balanced']
    assert failures or counts['accepted'] == good, f'{good} good files, but {counts}'
sys.exit(1 if failures else 0)
