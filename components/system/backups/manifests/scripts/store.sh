# The remote `store:` stands in the environment. Where no cloud has buckets, the owner's Secret says where one is.
if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  export RCLONE_CONFIG_STORE_ENDPOINT="$AWS_ENDPOINT_URL" RCLONE_CONFIG_STORE_REGION="${AWS_REGION:-}"
fi
