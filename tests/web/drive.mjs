// drive.mjs FOLDER [CASE]...: opens the page of FOLDER in headless Chromium on SwiftShader, runs the cases, or all of them, and says
// how many passed. A case that panics ends the page's program, so the page is opened again after each failure.
import { chromium } from 'playwright-core';
import http from 'node:http';
import fs from 'node:fs';
import path from 'node:path';

const [folder, ...asked] = process.argv.slice(2);
const CASE_LIMIT = 180_000; // milliseconds: ten times what the longest case takes
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const server = http.createServer((request, response) => {
  const file = path.join(folder, path.normalize(new URL(request.url, 'http://localhost').pathname));
  if (!fs.existsSync(file) || !fs.statSync(file).isFile()) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'text/plain' }).end(fs.readFileSync(file));
});
await new Promise(ready => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}/index.html`;

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  headless: true,
  // Without a GPU Chromium has WebGPU on SwiftShader only, and only if this is asked for.
  args: ['--enable-unsafe-webgpu', '--no-sandbox', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-quic'],
});
console.log(`Chromium ${browser.version()}`);

// A page with the tests, and a promise that is rejected when its program ends.
async function open(script) {
  const page = await browser.newPage();
  if (script) await page.addInitScript(script);
  let end;
  const ended = new Promise((_, reject) => { end = reject; });
  ended.catch(() => {});
  let panic = '';
  page.on('console', message => {
    if (message.type() === 'log') console.log(`       ${message.text()}`);
    if (message.type() === 'error') panic = message.text();
  });
  page.on('pageerror', error => end(new Error(`${panic || error}`)));
  page.on('crash', () => end(new Error('the page has crashed')));
  await page.goto(address);
  await Promise.race([page.waitForFunction(() => window.tests), ended]);
  return { page, ended };
}

const within = milliseconds => new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`no end after ${milliseconds / 1000} s`)), milliseconds).unref();
});

let shared;
async function in_page(name) {
  shared ??= await open();
  const { page, ended } = shared;
  try {
    await Promise.race([page.evaluate(name => window.tests.run(name), name), ended, within(CASE_LIMIT)]);
  } catch (error) {
    shared = undefined;
    // A page that hangs does not close either.
    await Promise.race([page.close(), new Promise(done => setTimeout(done, 5000))]);
    throw error;
  }
}

// Calls a function of the tests in a page of its own, which runs a script before them.
async function in_new_page(script, name) {
  const { page, ended } = await open(script);
  try {
    return await Promise.race([page.evaluate(name => window.tests[name](), name), ended, within(CASE_LIMIT)]);
  } finally {
    await page.close();
  }
}

const matches = (text, pattern) => {
  if (!pattern.test(text)) throw new Error(`${text}: not ${pattern}`);
};

// Cases that the page itself cannot run.
const own = {
  // The page is closed while the GPU works for it. Another page goes on.
  async 'driver::a_page_closed_in_the_middle'() {
    const { page } = await open();
    page.evaluate(() => window.tests.work_forever()).catch(() => {});
    await new Promise(done => setTimeout(done, 1500));
    await page.close();
    await in_page('calls::every_other_call');
  },
  // A page that is left while a future waits, and entered again.
  async 'driver::a_page_reloaded_in_the_middle'() {
    const { page, ended } = await open();
    page.evaluate(() => window.tests.work_forever()).catch(() => {});
    await new Promise(done => setTimeout(done, 700));
    await page.reload();
    await page.waitForFunction(() => window.tests);
    await Promise.race([page.evaluate(() => window.tests.run('calls::every_other_call')), ended, within(CASE_LIMIT)]);
    await page.close();
  },
  async 'driver::a_browser_without_webgpu'() {
    const scripts = [
      () => Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined }),
      () => { GPU.prototype.requestAdapter = async () => null; },
    ];
    for (const script of scripts) {
      matches(await in_new_page(script, 'error_of_some_work'), /^no GPU adapter was found .*The browser must have WebGPU/);
    }
  },
  // SwiftShader compiles everything, so the error is made up. wgpu's own scopes would panic.
  async 'driver::a_kernel_that_does_not_compile'() {
    const script = () => {
      const filters = [];
      let compiled = false;
      const { pushErrorScope, popErrorScope, createComputePipeline } = GPUDevice.prototype;
      Object.assign(GPUDevice.prototype, {
        pushErrorScope(filter) {
          filters.push(filter);
          return pushErrorScope.call(this, filter);
        },
        popErrorScope() {
          const answer = popErrorScope.call(this);
          if (filters.pop() !== 'internal' || !compiled) return answer;
          compiled = false;
          return answer.then(() => new GPUInternalError('made up'));
        },
        createComputePipeline(descriptor) {
          // Not the check of f16, with which a `Gpu` begins.
          compiled = descriptor.label.includes('forward');
          return createComputePipeline.call(this, descriptor);
        },
      });
    };
    matches(await in_new_page(script, 'error_of_some_work'), /forward f32: it does not compile on this device: made up$/);
  },
  async 'driver::a_worker'() {
    shared ??= await open();
    const { page, ended } = shared;
    const work = page.evaluate(() => new Promise((done, fail) => {
      const worker = new Worker('worker.js', { type: 'module' });
      worker.onerror = event => fail(new Error(event.message));
      worker.onmessage = ({ data }) => data ? fail(new Error(data)) : done();
    }));
    await Promise.race([work, ended, within(CASE_LIMIT)]);
  },
};

const { page } = shared = await open();
const names = [...await page.evaluate(() => window.tests.cases()), ...Object.keys(own)];
let [passed, failed] = [0, 0];
for (const name of asked.length ? asked : names) {
  const start = performance.now();
  try {
    await (own[name] ?? (() => in_page(name)))();
    passed += 1;
    console.log(`ok     ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.message.split('\n    at ')[0]}`);
  }
}
await Promise.race([browser.close(), new Promise(done => setTimeout(done, 5000))]);
server.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
