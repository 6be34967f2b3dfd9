# frozen_string_literal: true

require_relative "llm_router"

# The same where some calls have a hop. An attempt that may be billed is charged what it has reserved.
class RouterUnhedged < RouterClient
  # @return [Integer] requests beside those that answered
  attr_reader :extra

  def initialize(...)
    @extra = 0
    @lock = Mutex.new
    super
  end

  private

  def on_uncertain = :charge_estimate

  def check(hops)
    @lock.synchronize { @extra += hops.size }
  end
end
