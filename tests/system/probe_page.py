#!/usr/bin/env python3
"""A probe link from the rule that sends it to the rule that its button fires, with the real broker, a real
browser and a real web hook. usage: probe_page.py BIN_DIR [SCREENSHOT_FOLDER]"""
import hashlib
import hmac
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from yizhan_fixture import Fleet, free_port, task_text, wait_for

RULES = '''
[data-state ask]
when.kind = task
do.1 = probe recipient=user:li.wei preset=offer template=offer

[preset offer]
for.kind = data
expect = accepted
duration = 1h
on_expire.1 = notify recipient=role:pm text="nobody answered"

[activation accepted-by-link]
when.state = accepted
when.activation.via = link
do.1 = set_state state=accepted
do.2 = webhook url={hook} secret=ci
do.3 = run program=note arg.1=${{activation.user}} arg.2="a b; c"

[template offer]
subject.en = An offer
text.en = Please answer: ${{probe.link}}
subject.zh = 邀请
text.zh = 请答复：${{probe.link}}
'''


class Hook(http.server.BaseHTTPRequestHandler):
    """Refuses the first attempt, takes the second."""
    seen = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        Hook.seen.append((dict(self.headers), body))
        self.send_response(503 if len(Hook.seen) == 1 else 200)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *_):
        pass


class Browser:
    """Chromium, driven by its own driver over WebDriver."""

    def __init__(self, root, width):
        self.port = free_port()
        self.driver = subprocess.Popen(['chromedriver', f'--port={self.port}'],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for('chromedriver', lambda: self.try_call('GET', '/status'))
        options = {'args': ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
                            '--no-first-run', '--disable-background-networking',
                            '--disable-component-update', '--disable-sync',
                            f'--user-data-dir={root}/chromium-{width}', f'--window-size={width},900']}
        made = self.call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome', 'goog:chromeOptions': options}}})
        self.session = '/session/' + made['sessionId']

    def try_call(self, method, path):
        try:
            return self.call(method, path)
        except OSError:
            return None

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f'http://127.0.0.1:{self.port}{path}', method=method,
            data=None if body is None else json.dumps(body).encode())
        return json.load(urllib.request.urlopen(request, timeout=60))['value']

    def open(self, url):
        self.call('POST', self.session + '/url', {'url': url})

    def text(self):
        return self.call('POST', self.session + '/execute/sync',
                         {'script': 'return document.body.innerText', 'args': []})

    def click(self, css):
        found = self.call('POST', self.session + '/element', {'using': 'css selector', 'value': css})
        self.call('POST', f'{self.session}/element/{list(found.values())[0]}/click', {})

    def screenshot(self, path):
        import base64
        with open(path, 'wb') as f:
            f.write(base64.b64decode(self.call('GET', self.session + '/screenshot')))

    def close(self):
        self.try_call('DELETE', self.session)
        self.driver.terminate()
        self.driver.wait()


def curl(*arguments):
    return subprocess.run(['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', *arguments],
                          capture_output=True, text=True, timeout=30).stdout


def main():
    bin_dir = sys.argv[1]
    shots = sys.argv[2] if len(sys.argv) > 2 else None
    hook_port, http_port = free_port(), free_port()
    server = http.server.ThreadingHTTPServer(('127.0.0.1', hook_port), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = tempfile.mkdtemp(prefix='yizhan-test.')
    os.makedirs(f'{root}/rules')
    with open(f'{root}/rules/probe.ini', 'w') as f:
        f.write(RULES.format(hook=f'http://127.0.0.1:{hook_port}/hook'))
    note = f'{root}/note'
    with open(note, 'w') as f:
        f.write(f'#!/bin/sh\nprintf "%s|" "$#" "$@" >> {root}/noted\n')
    os.chmod(note, 0o755)
    with Fleet(bin_dir, root=root, rules=f'{root}/rules') as fleet:
        with open(fleet.broker_config) as f:
            config = f.read().replace('[broker]\n', f'[broker]\nhttp_listen = 127.0.0.1:{http_port}\n')
        with open(fleet.broker_config, 'w') as f:
            f.write(config + f'\n[program note]\nrun = {note} fixed\n[secret ci]\nvalue = a-secret\n')
        fleet.start_broker()
        fleet.add_agent('li.wei')
        pm = fleet.add_agent('pm')
        id, text = task_text('user:li.wei')
        with open(f'{root}/t', 'w') as f:
            f.write(text)
        os.rename(f'{root}/t', f'{pm.inbox}/t.ini')

        def link():
            for row in fleet.ask('li.wei', 'tasks', 'list', '--direction', 'in')['tasks']:
                shown = fleet.ask('li.wei', 'tasks', 'show', row['id'])
                for key, value in _values(shown):
                    if 'http://' in value and '/p/' in value:
                        return value[value.index('http://'):].split()[0]
        url = wait_for('the link', link)
        probe = lambda: json.loads(fleet.operator('probes', 'show', '1', '--json').stdout)

        # Looking activates nothing, whoever looks and however.
        assert curl(url) == '200' and curl('-I', url) == '200'
        assert curl('-X', 'PUT', url) in ('405', '501'), curl('-X', 'PUT', url)
        assert curl(url[:-4] + 'AAAA') == '404'
        assert curl('-X', 'POST', '-d', 'state=accepted&nonce=x&confirm=1', url) == '400'
        for width in (1200, 390):
            browser = Browser(root, width)
            try:
                for language in ('en', 'zh'):
                    browser.open(f'{url}?lang={language}')
                    assert 'P-1' in browser.text(), browser.text()
                    if shots:
                        browser.screenshot(f'{shots}/probe-{language}-{width}.png')
            finally:
                browser.close()
        shown = probe()
        assert shown['state'] == 'waiting', shown
        assert {a['state'] for a in shown['activations']} <= {'fetched', 'opened'}, shown

        browser = Browser(root, 800)
        try:
            browser.open(url + '?lang=en')
            browser.click('button[value=accepted], input[value=accepted]')
            wait_for('the thanks', lambda: 'accept' in browser.text().lower())
            if shots:
                browser.screenshot(f'{shots}/thanks.png')
        finally:
            browser.close()
        shown = probe()
        assert shown['state'] == 'activated', shown
        activation = [a for a in shown['activations'] if a['state'] == 'accepted'][0]
        assert activation['user'] == 'li.wei' and activation['via'] == 'link', activation
        assert activation['code'] and activation['address'] == '127.0.0.1', activation
        assert 'Chrom' in activation['machine'], activation
        state = json.loads(fleet.operator('tasks', 'show', id, '--json').stdout)['state']
        assert state == 'accepted', state

        # What the rule ordered outside: the program with its words, the hook signed and tried again.
        wait_for('the program', lambda: os.path.exists(f'{root}/noted'))
        with open(f'{root}/noted') as f:
            assert f.read() == '3|fixed|li.wei|a b; c|'
        wait_for('the second attempt', lambda: len(Hook.seen) >= 2)
        headers, body = Hook.seen[1]
        assert headers['Idempotency-Key'] == Hook.seen[0][0]['Idempotency-Key']
        signed = f"{headers['Idempotency-Key']}.{headers['X-Yizhan-Timestamp']}.".encode() + body
        expected = 'sha256=' + hmac.new(b'a-secret', signed, hashlib.sha256).hexdigest()
        assert headers['X-Yizhan-Signature'] == expected, headers
        assert json.loads(body)['message']['id'] == id
        outside = wait_for('both done', lambda: (
            o := json.loads(fleet.operator('why', id, '--json').stdout)['outside'])
            and all(e['state'] == 'done' for e in o) and o)
        assert sorted(e['attempts'] for e in outside) == [1, 2], outside
    server.shutdown()
    print('ok: seen by curl and a browser without effect, activated by a click; rule, program and hook followed')


def _values(json_value):
    if isinstance(json_value, dict):
        for key, value in json_value.items():
            if isinstance(value, str):
                yield key, value
            else:
                yield from _values(value)
    elif isinstance(json_value, list):
        for value in json_value:
            yield from _values(value)


main()
