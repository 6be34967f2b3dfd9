# frozen_string_literal: true

require_relative "by_hand"
require_relative "net_http"

# Net::HTTP, with a cap kept by hand.
class NetHttpRow < NetHttp
  include ByHand
end
