#!/usr/bin/env python3
"""Real programs that receive files, each putting a task file into a watched folder the way it does:
in pieces, under temporary names, by rename. Each file becomes exactly one message, none is taken
half-written. usage: real_programs.py BIN_DIR [CASE…]"""
import email.message
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from yizhan_fixture import Fleet, free_port, task_text, wait_for

LONG = {'instructions': {'text': '警告语一律译为“警告”。' * 100}}


def task(end=True):
    return task_text('user:to', end=end, **LONG)


class SlowSite(http.server.BaseHTTPRequestHandler):
    """Sends the first half of /NAME, waits, sends the rest."""
    files = {}
    pause = 0.3

    def do_GET(self):
        body = self.files.get(self.path.lstrip('/'))
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header('Content-Type', 'application/octet-stream')
        self.send_header('Content-Disposition', 'attachment')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2])
        self.wfile.flush()
        time.sleep(self.pause)
        self.wfile.write(body[len(body) // 2:])

    def log_message(self, *args):
        pass


def quiet(*argv, **options):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   timeout=60, **options)


def curl(folder, url, text):
    quiet('curl', '-sS', '-o', f'{folder}/curl.ini', url)


def wget(folder, url, text):
    quiet('wget', '-q', '-P', folder, url)


def netcat(folder, url, text):
    port = free_port()
    with open(f'{folder}/nc.ini', 'wb') as out:
        receiver = subprocess.Popen(['nc', '-l', '127.0.0.1', str(port)], stdout=out)
        wait_for('nc to listen', lambda: not subprocess.run(
            ['sh', '-c', f"ss -ltn 2>/dev/null | grep -q 127.0.0.1:{port}"]).returncode)
        with socket.create_connection(('127.0.0.1', port)) as s:
            for part in (text[:300], text[300:]):
                s.sendall(part.encode())
                time.sleep(0.3)
        receiver.wait(10)


def slow_pipe(folder, url, text):
    """cp from a pipe whose writer stops for longer than the quiet time."""
    reader, writer = os.pipe()
    copy = subprocess.Popen(['cp', '/dev/stdin', f'{folder}/pipe.ini'], stdin=reader)
    os.close(reader)
    data = text.encode()
    for part in (data[:400], data[400:900], data[900:]):
        os.write(writer, part)
        time.sleep(0.9)
    os.close(writer)
    copy.wait(10)


def editor(folder, url, text):
    source = f'{folder}/../from-editor'
    with open(source, 'w') as f:
        f.write(text)
    quiet('vim.tiny', '-es', '-u', 'NONE', '-c', f'0read {source}', '-c', 'wq',
          f'{folder}/editor.ini', stdin=subprocess.DEVNULL, env={**os.environ, 'TERM': 'dumb'})


def with_attachment(text, name):
    message = email.message.EmailMessage()
    message['From'], message['To'], message['Subject'] = 'pm@example.com', 'me@example.com', '派稿'
    message.set_content('见附件')
    message.add_attachment(text.encode(), maintype='application', subtype='octet-stream',
                           filename=name)
    return message


def mail(folder, url, text):
    with tempfile.NamedTemporaryFile('wb', suffix='.eml') as f:
        f.write(with_attachment(text, 'mail.ini').as_bytes())
        f.flush()
        quiet('munpack', '-f', '-q', '-C', folder, f.name)


def mutt(folder, url, text):
    """A person opens the message, goes to its attachment and saves it."""
    home = tempfile.mkdtemp(prefix='yizhan-mutt.')
    with open(f'{home}/box', 'wb') as box:
        box.write(b'From pm@example.com Wed Mar  4 09:12:00 2026\n' +
                  with_attachment(text, 'mutt.ini').as_bytes() + b'\n')
    keys = (f'<view-attachments><last-entry><save-entry><kill-line>{folder}/mutt.ini<enter>'
            '<exit><exit>')
    # Without its folder, mutt asks whether to make it, and takes the first key for the answer.
    command = f"mutt -n -F /dev/null -f box -e 'set folder={home}' -e 'push {keys}'"
    # Its terminal's input stays open: at its end, script would press control-D.
    with subprocess.Popen(['script', '-qec', command, '/dev/null'], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, cwd=home,
                          env={**os.environ, 'TERM': 'xterm', 'HOME': home}) as reader:
        try:
            reader.wait(20)
        finally:
            reader.kill()
    shutil.rmtree(home)


def ftp(folder, url, text):
    if os.geteuid() != 0:
        return 'vsftpd needs root'
    root = tempfile.mkdtemp(prefix='yizhan-ftp.')
    os.chmod(root, 0o755)
    port = free_port()
    upload = f'{root}/upload'
    os.mkdir(upload)
    os.chmod(upload, 0o777)
    quiet('mount', '--bind', folder, upload)
    os.chmod(folder, 0o777)
    os.makedirs('/var/run/vsftpd/empty', exist_ok=True)
    with open(f'{root}.conf', 'w') as f:
        f.write(f'listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nanonymous_enable=YES\n'
                f'anon_root={root}\nanon_upload_enable=YES\nwrite_enable=YES\nanon_umask=022\n'
                'no_anon_password=YES\nseccomp_sandbox=NO\nbackground=NO\n'
                'secure_chroot_dir=/var/run/vsftpd/empty\nxferlog_enable=NO\n')
    server = subprocess.Popen(['vsftpd', f'{root}.conf'])
    try:
        def listening():
            with socket.socket() as s:
                return s.connect_ex(('127.0.0.1', port)) == 0
        wait_for('vsftpd', listening)
        with tempfile.TemporaryDirectory() as local:
            with open(f'{local}/ftp.ini', 'w') as f:
                f.write(text)
            quiet('lftp', '-c', f'set net:limit-rate 4000; open ftp://anonymous@127.0.0.1:{port}; '
                  f'cd upload; put {local}/ftp.ini')
    finally:
        server.terminate()
        server.wait(10)
        quiet('umount', upload)
        shutil.rmtree(root)
        os.unlink(f'{root}.conf')
    return None


def chromium(folder, url, text):
    profile = tempfile.mkdtemp(prefix='yizhan-chromium.')
    os.makedirs(f'{profile}/Default')
    with open(f'{profile}/Default/Preferences', 'w') as f:
        json.dump({'download': {'default_directory': folder, 'prompt_for_download': False,
                                'directory_upgrade': True},
                   'safebrowsing': {'enabled': False}}, f)
    browser = subprocess.Popen(
        ['chromium', '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic',
         '--no-first-run', '--disable-background-networking', '--disable-component-update',
         '--disable-sync', f'--user-data-dir={profile}', url],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for('the download', lambda: [n for n in os.listdir(folder) if n.startswith('chromium')
                                          and not n.endswith('.crdownload')], seconds=60)
    finally:
        os.killpg(browser.pid, 15)
        try:
            browser.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(browser.pid, 9)
        shutil.rmtree(profile, ignore_errors=True)


CASES = [curl, wget, netcat, slow_pipe, editor, mail, mutt, ftp, chromium]
chosen = [case for case in CASES if case.__name__ in sys.argv[2:] or len(sys.argv) < 3]

site = http.server.ThreadingHTTPServer(('127.0.0.1', 0), SlowSite)
threading.Thread(target=site.serve_forever, daemon=True).start()
failures = 0
with Fleet(sys.argv[1]) as fleet:
    fleet.start_broker()
    fleet.add_agent('to')
    folders = {}
    for mode in ('managed', 'observe'):
        agent = fleet.add_agent(f'from-{mode}', mode=mode)
        folders[mode] = (f'from-{mode}', agent.inbox)

    for case in chosen:
        for mode, (user, folder) in folders.items():
            for end in (True, False):
                id, text = task(end)
                name = f'{case.__name__}.ini'
                SlowSite.files[name] = text.encode()
                before = set(os.listdir(folder))
                reason = case(folder, f'http://127.0.0.1:{site.server_port}/{name}', text)
                what = f'{case.__name__}, {mode} folder, {"with" if end else "without"} [end]'
                if reason:
                    print(f'skipped: {what}: {reason}')
                    continue

                def delivered():
                    shown = fleet.user('to', 'tasks', 'show', id, '--json', check=False)
                    return shown.returncode == 0 and json.loads(shown.stdout)
                try:
                    wait_for(what, delivered, seconds=15)
                    whole = '警告语一律译为“警告”。' * 100 in json.dumps(delivered(), ensure_ascii=False)
                    assert whole, f'{what}: arrived, but not whole'
                    if mode == 'managed':
                        wait_for('the result', lambda: [n for n in set(os.listdir(folder)) - before
                                                        if n.endswith('.accepted')], seconds=5)
                        bad = [n for n in os.listdir(folder) if n.endswith('.rejected')]
                        assert not bad, f'{what}: rejected: {bad}'
                    else:
                        new = set(os.listdir(folder)) - before
                        assert not [n for n in new if n.endswith(('.accepted', '.rejected'))], new
                    print(f'ok: {what}')
                except AssertionError as error:
                    failures += 1
                    print(f'FAILED: {error}')
                # The next round starts with an empty folder, as after a clean-up.
                for entry in os.listdir(folder):
                    if not entry.startswith('.yizhan'):
                        os.unlink(f'{folder}/{entry}')
    counts = json.loads(fleet.operator('ledger', '--json').stdout)
    print(f'ledger: {counts}')
    assert counts['balanced']
sys.exit(1 if failures else 0)
