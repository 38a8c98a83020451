#!/usr/bin/env python3
"""Probe links over TLS, and behind reverse proxies, with the real broker and curl. usage: https.py BIN_DIR"""
import json
import os
import signal
import subprocess
import sys
import tempfile

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

[template offer]
subject.en = An offer
text.en = Please answer: ${probe.link}
subject.zh = 邀请
text.zh = 请答复：${probe.link}
'''


def run(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60)


def make_certificate(root, name):
    """A certificate authority, and a server's certificate and key by it, with openssl."""
    ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    run('openssl', 'req', '-x509', *ec, '-keyout', f'{root}/{name}-ca.key', '-out', f'{root}/{name}-ca.pem',
        '-days', '30', '-subj', '/CN=Test authority')
    run('openssl', 'req', *ec, '-keyout', f'{root}/{name}.key', '-out', f'{root}/{name}.csr',
        '-subj', '/CN=localhost')
    with open(f'{root}/{name}.ext', 'w') as f:
        f.write('subjectAltName = DNS:localhost, IP:127.0.0.1\n')
    run('openssl', 'x509', '-req', '-in', f'{root}/{name}.csr', '-CA', f'{root}/{name}-ca.pem',
        '-CAkey', f'{root}/{name}-ca.key', '-CAcreateserial', '-days', '30', '-extfile', f'{root}/{name}.ext',
        '-out', f'{root}/{name}.pem')


def curl(*arguments):
    """The status, or what curl calls its failure."""
    done = subprocess.run(['curl', '-s', '-S', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '20',
                           '--noproxy', '*', *arguments], capture_output=True, text=True, timeout=30)
    return done.stdout if done.returncode == 0 else f'{done.returncode}: {done.stderr.strip()}'


class Site:
    """A broker whose [broker] has further lines, and the link that its rule sends."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.base = open(fleet.broker_config).read()

    def configure(self, lines):
        with open(self.fleet.broker_config, 'w') as f:
            f.write(self.base.replace('[broker]\n', '[broker]\n' + lines))

    def restart(self, lines):
        self.fleet.broker.stop()
        self.configure(lines)
        self.fleet.start_broker()

    def fails_to_start(self, lines):
        self.fleet.broker.stop()
        self.configure(lines)
        done = subprocess.run([self.fleet.broker.program, '--config', self.fleet.broker_config],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1, done
        return done.stderr

    def send_task(self, pm):
        id, text = task_text('user:li.wei')
        with open(f'{self.fleet.root}/t', 'w') as f:
            f.write(text)
        os.rename(f'{self.fleet.root}/t', f'{pm.inbox}/{id}.ini')

    def link(self, known=()):
        for row in self.fleet.ask('li.wei', 'tasks', 'list', '--direction', 'in')['tasks']:
            shown = json.dumps(self.fleet.ask('li.wei', 'tasks', 'show', row['id']))
            if '/p/' not in shown:
                continue
            at = shown.index('/p/')
            token = shown[at:].split('\\')[0].split('"')[0].split()[0]
            if token not in known:
                return token

    def fetched_from(self, number):
        shown = json.loads(self.fleet.operator('probes', 'show', str(number), '--json').stdout)
        return [a['address'] for a in shown['activations'] if a['state'] == 'fetched']

    def log(self):
        with open(f'{self.fleet.root}/broker.log', errors='replace') as f:
            return f.read()


def check_tls(site, root, port, path):
    ca = ['--cacert', f'{root}/site-ca.pem']
    url = f'https://localhost:{port}'
    assert curl(*ca, url + '/healthz') == '200', curl(*ca, url + '/healthz')
    assert curl(*ca, url + path) == '200', curl(*ca, url + path)
    assert curl(*ca, url + '/p/unknown') == '404'
    for version in ('1.2', '1.3'):
        assert curl(*ca, f'--tlsv{version}', '--tls-max', version, url + '/healthz') == '200', version
    old = curl(*ca, '--tlsv1.0', '--tls-max', '1.1', '--ciphers', 'DEFAULT@SECLEVEL=0', url + '/healthz')
    assert old.startswith('35:'), old
    stranger = curl('--cacert', f'{root}/other-ca.pem', url + '/healthz')
    assert stranger.startswith('60:'), stranger
    plain = curl(f'http://localhost:{port}/healthz')
    assert plain == '400', plain


def check_renewal(site, root, port):
    url, ca = f'https://localhost:{port}/healthz', f'{root}/site-ca.pem'

    def reload(logged):
        site.fleet.broker.process.send_signal(signal.SIGHUP)
        wait_for(logged, lambda: logged in site.log())
    make_certificate(root, 'site')  # by another authority
    assert curl('--cacert', ca, url).startswith('60:')
    reload('again')
    assert curl('--cacert', ca, url) == '200', curl('--cacert', ca, url)
    os.rename(f'{root}/site.key', f'{root}/site.away')
    reload('the certificate stays the old one')
    assert curl('--cacert', ca, url) == '200'
    os.rename(f'{root}/site.away', f'{root}/site.key')


def check_mistakes(site, root, http):
    certificate, key = f'{root}/site.pem', f'{root}/site.key'
    for lines, line, words in (
            (f'http_certificate = {certificate}\n', 3, 'http_key is missing'),
            (f'http_certificate = {root}/none.pem\nhttp_key = {key}\n', 3, 'cannot be read'),
            (f'http_certificate = {key}\nhttp_key = {key}\n', 3, 'own certificate first'),
            (f'http_certificate = {certificate}\nhttp_key = {root}/other.key\n', 4,
             'is not that of the certificate'),
            (f'http_certificate = {certificate}\nhttp_key = {root}/locked.key\n', 4, 'it has a password'),
            ('http_trusted_proxies = 10.0.0.1/8\n', 3, 'first address')):
        said = site.fails_to_start(http + lines)
        assert f'{site.fleet.broker_config}:{line}: ' in said and words in said, said


def check_proxies(site, port, path, number):
    """The broker trusts 127.0.0.1: what comes from there says for whom; at most 3 a minute of one."""
    url = f'http://127.0.0.1:{port}'

    def ask(target, *chain):
        return curl(*[part for entry in chain for part in ('-H', f'X-Forwarded-For: {entry}')], url + target)
    # 127.0.0.2 is another machine, and nobody whose word is taken.
    spoofed = curl('--interface', '127.0.0.2', '-H', 'X-Forwarded-For: 203.0.113.9', url + path)
    assert spoofed == '200', spoofed
    assert site.fetched_from(number) == ['127.0.0.2'], site.fetched_from(number)
    for _ in range(3):
        assert ask('/p/unknown', '198.51.100.1, 192.0.2.7, 127.0.0.1') == '404'
    assert ask('/p/unknown', '198.51.100.2, 192.0.2.7, 127.0.0.1') == '429'
    assert ask('/p/unknown', '198.51.100.2', '192.0.2.8') == '404'


def main():
    root = tempfile.mkdtemp(prefix='yizhan-test.')
    os.makedirs(f'{root}/rules')
    with open(f'{root}/rules/probe.ini', 'w') as f:
        f.write(RULES)
    make_certificate(root, 'site')
    make_certificate(root, 'other')
    run('openssl', 'pkey', '-in', f'{root}/site.key', '-aes256', '-passout', 'pass:word', '-out',
        f'{root}/locked.key')
    port = free_port()
    http = f'http_listen = 127.0.0.1:{port}\n'
    tls = f'http_certificate = {root}/site.pem\nhttp_key = {root}/site.key\n'
    with Fleet(sys.argv[1], root=root, rules=f'{root}/rules') as fleet:
        site = Site(fleet)
        site.configure(http + tls + f'public_url = https://localhost:{port}\n')
        fleet.start_broker()
        fleet.add_agent('li.wei')
        pm = fleet.add_agent('pm')
        site.send_task(pm)
        first = wait_for('the link', site.link)
        check_tls(site, root, port, first)
        check_renewal(site, root, port)
        assert 'public_url' not in site.log(), site.log()
        site.restart(http + f'public_url = https://localhost:{port}\n')
        assert 'but http_listen has no TLS' in site.log()
        site.restart(http + tls + f'public_url = http://localhost:{port}\n')
        assert 'make it https://' in site.log()
        check_mistakes(site, root, http)
        site.restart(http + 'http_trusted_proxies = 127.0.0.1\nhttp_requests_per_minute = 3\n')
        site.send_task(pm)
        second = wait_for('the second link', lambda: site.link(known=[first]))
        check_proxies(site, port, second, 2)
        site.send_task(pm)
        third = wait_for('the third link', lambda: site.link(known=[first, second]))
        url = f'http://127.0.0.1:{port}{third}'
        assert curl('-H', 'X-Forwarded-For: 203.0.113.1, 192.0.2.99', url) == '200'
        assert site.fetched_from(3) == ['192.0.2.99'], site.fetched_from(3)
    print('ok: TLS 1.2 and 1.3 to curl, nothing older, plain HTTP told; a renewed certificate taken; proxies believed only where trusted')


main()
