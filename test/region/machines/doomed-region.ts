/** Starts one etcd and one component of Kubernetes' as machines do, in the state directory of its argument, and waits to be killed, or throws once there is a file `crash`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../../../region/kernel/clock.ts';
import { keepRunning } from '../../../region/machines/component-process.ts';
import { createConsole } from '../../../region/machines/console.ts';
import { startEtcd } from '../../../region/machines/etcd-process.ts';
import { findEtcd } from '../../../region/machines/find-etcd.ts';

const stateDir = process.argv[2] ?? '';
const clock = createClock();
const console = createConsole(join(stateDir, 'console.log'), () => clock.now());
const instanceId = 'i-0123456789abcdef0';
startEtcd({
  etcdPath: findEtcd().path,
  environment: {
    ETCD_DATA_DIR: join(stateDir, 'data'),
    ETCD_LISTEN_CLIENT_URLS: 'http://127.92.2.10:2379',
    ETCD_ADVERTISE_CLIENT_URLS: 'http://127.92.2.10:2379',
    ETCD_LISTEN_PEER_URLS: 'http://127.92.2.10:2380',
  },
  cwd: stateDir,
  instanceId,
  stateDir,
  clock,
  console,
});
const logPath = join(stateDir, 'component.log');
const host = { clock, console, stateDir, root: stateDir, instanceId, waitScale: 1 };
const component = { name: 'kube-apiserver', path: '/bin/sleep', arguments: ['300'], logPath };
void keepRunning(component, { ...host, signal: new AbortController().signal });
setInterval(() => {
  if (existsSync(join(stateDir, 'crash'))) throw new Error('a defect');
}, 50);
