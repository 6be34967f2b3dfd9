# frozen_string_literal: true

# A budget that reserves, in memory, and keeps each thing that it was told apart. It takes its time over
# it, as a database does, so that an interrupt may come in the middle.
class Till
  # Seconds.
  PAUSE = 0.001
  private_constant :PAUSE

  attr_reader :settled, :uncertain

  def initialize
    @lock = Mutex.new
    @held = {}
    @settled = Hash.new { |costs, generation| costs[generation] = [] }
    @uncertain = 0
  end

  def exhausted? = false

  def charge!(*) = raise(NotImplementedError, "it reserves")

  def reserve!(usd, key:)
    sleep PAUSE
    @lock.synchronize { @held[key] = usd }
    sleep PAUSE
    key
  end

  def settle!(key, cost_usd, attempt:)
    let_go(key) { @settled[attempt.generation_id] << cost_usd }
  end

  def release!(key)
    let_go(key) { nil }
  end

  def uncertain!(key)
    let_go(key) { @uncertain += 1 }
  end

  # @return [Integer] attempts of which nobody said how they ended
  def held
    @held.size
  end

  private

  def let_go(key)
    sleep PAUSE
    @lock.synchronize do
      @held.delete(key) || raise("#{key} is not held: told twice")
      yield
    end
    sleep PAUSE
  end
end
