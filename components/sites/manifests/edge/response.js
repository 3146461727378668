async function handler(event) {
  const state = await inForce();
  const response = event.response;
  if (await chosen(event)) return response;
  const point = pointOf(event);
  const value = `${slotAt(point, state.weights)}.${state.epoch || 0}.${point}`;
  const had = event.request.cookies[COOKIE];
  if (!had || had.value !== value) {
    response.cookies[COOKIE] = { value, attributes: `Domain=${DOMAIN}; Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax` };
  }
  return response;
}
