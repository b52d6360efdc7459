import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'trivet-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `trivet` as a person does. */
function trivet(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['cli/main.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning', ...environment },
  });
  return { status, stdout, stderr };
}

function specFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('what bad input gets', () => {
  test('a spec with many problems names them all, each with its path and the fix, and nothing is started', () => {
    const path = specFile(
      'bad.yaml',
      [
        'apiVersion: trivet/v1',
        'name: a-name-that-is-much-too-long',
        'kubernetesVersion: "1.12.0"',
        'zones: [a, b]',
        'colour: green',
        'network: {podCidr: 10.96.0.0/12, serviceCidr: 10.96.0.0/16}',
      ].join('\n'),
    );
    const { status, stderr } = trivet(['start', '--once', '--spec', path]);
    expect(status).toBe(1);
    for (const part of ['name:', 'kubernetesVersion:', 'zones:', 'colour', 'network'])
      expect(stderr).toContain(part);
    expect(stderr).toMatch(/has \d problems:/);
    expect(stderr).not.toContain('    at ');
    const planned = trivet(['plan', path], { AWS_REGION: '', AWS_DEFAULT_REGION: '', AWS_ENDPOINT_URL: '' });
    expect([planned.status, planned.stderr]).toEqual([1, stderr]);
  });

  test('a file that is not there, and one that is not YAML, are said so', () => {
    expect(trivet(['start', '--spec', 'nowhere.yaml']).stderr).toBe(
      'trivet: there is no file nowhere.yaml.\n',
    );
    const path = specFile('broken.yaml', 'name: [a, b\nzones: }');
    expect(trivet(['start', '--spec', path]).stderr).toMatch(/broken\.yaml, line \d+: /);
  });

  test('--lose names a slot that the spec has', () => {
    const { status, stderr } = trivet(['start', '--once', '--lose', 'z']);
    expect([status, stderr]).toEqual([
      1,
      'trivet: --lose names slot z; examples/ha.yaml has the slots a, b, c.\n',
    ]);
  });

  test('manifests that cannot be applied are said with file and document before anything is started', () => {
    const path = specFile('burst.yaml', 'apiVersion: v1\nkind: Pod\n');
    const { status, stderr, stdout } = trivet(['start', '--once', '--load', path]);
    expect([status, stderr, stdout]).toEqual([
      1,
      `trivet: ${path} cannot be applied:\n  document 1 (Pod): metadata.name is missing\n`,
      '',
    ]);
  });

  test('a port that is taken is said, with the way out', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const { status, stderr } = trivet(['region', '--port', String(port)]);
    await new Promise((resolve) => server.close(resolve));
    expect(status).toBe(1);
    expect(stderr).toContain(String(port));
    expect(stderr).toContain('TRIVET_REGION_PORT');
    expect(stderr).not.toContain('    at ');
  });

  test('no region at the endpoint is said, with the command that starts one', () => {
    const { status, stderr } = trivet(['status', '--endpoint', 'http://127.0.0.1:1']);
    expect(status).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:1 does not answer');
    expect(stderr).toContain('npm start');
  });

  test('a size that is no number, and a pool that is not named, are said before anybody is asked', () => {
    const wrong = trivet(['scale', 'demo', '--pool', 'general', '--size', 'many'], { AWS_ENDPOINT_URL: '' });
    expect([wrong.status, wrong.stderr]).toEqual([1, 'trivet: --size many is no whole number of workers.\n']);
    const { status, stderr } = trivet(['scale', 'demo', '--size', '3']);
    expect(status).toBe(1);
    expect(stderr).toContain("required option '--pool <name>' not specified");
  });

  test('an unknown command shows where the commands are listed', () => {
    const { status, stderr } = trivet(['explode']);
    expect(status).toBe(1);
    expect(stderr).toContain("unknown command 'explode'");
  });
});

test('trivet schema prints a JSON Schema that editors understand', () => {
  const { status, stdout } = trivet(['schema']);
  const schema = JSON.parse(stdout) as { $schema?: string; properties: Record<string, unknown> };
  expect(status).toBe(0);
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(['name', 'kubernetesVersion', 'zones', 'controlPlane']),
  );
});
