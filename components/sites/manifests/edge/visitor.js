// What both functions know: the weights in force, and which slot a visitor belongs to.
import cf from 'cloudfront';
import crypto from 'crypto';

const store = cf.kvs();
const POINTS = 10000;

async function inForce() {
  try {
    return checked(await store.get('state', { format: 'json' }));
  } catch (error) {
    return fallback();
  }
}

// Without weights that can be trusted, everybody sees the slot that was active when this was deployed.
function fallback() {
  return { weights: { blue: ACTIVE === 'blue' ? 100 : 0, green: ACTIVE === 'green' ? 100 : 0 }, epoch: 0 };
}

function checked(state) {
  const weights = (state && state.weights) || {};
  const whole = Number.isInteger(weights.blue) && Number.isInteger(weights.green);
  const sums = whole && weights.blue >= 0 && weights.green >= 0 && weights.blue + weights.green === 100;
  return sums ? state : fallback();
}

// A visitor's point never changes, so other weights move only the visitors between the old share and the new one.
function slotAt(point, weights) {
  return point < weights.green * (POINTS / 100) ? 'green' : 'blue';
}

// The cookie's value is <slot>.<epoch>.<point>; what does not look so is a new visitor.
function pointOf(event) {
  const cookie = event.request.cookies[COOKIE];
  const parts = /^(blue|green)\.\d{1,9}\.(\d{1,4})$/.exec(cookie ? cookie.value : '');
  return parts ? Number(parts[2]) : newPoint(event.context.requestId);
}

// Both functions of a request know its id, so they agree on the point of a visitor who has none yet.
function newPoint(requestId) {
  return parseInt(crypto.createHash('sha256').update(requestId).digest('hex').slice(0, 12), 16) % POINTS;
}

// A smoke test names its slot, and proves by a secret that it may.
async function chosen(event) {
  const slot = header(event, 'x-slipway-slot');
  const pass = header(event, 'x-slipway-bypass-token');
  if (!pass || (slot !== 'blue' && slot !== 'green')) return null;
  try {
    return crypto.createHash('sha256').update(pass).digest('hex') === (await store.get('pass')) ? slot : null;
  } catch (error) {
    return null;
  }
}

function header(event, name) {
  const found = event.request.headers[name];
  return found ? found.value : '';
}
