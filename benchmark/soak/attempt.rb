# frozen_string_literal: true

module Soak
  # An answer with a cost: its generation, US dollars, and further details.
  BilledGeneration = Struct.new(:id, :cost, :text) do
    # @return [String]
    def usd
      cost ? cost.to_s("F") : "nothing"
    end
  end

  # A candidate that a call attempted, as the gateway and the client recorded it.
  #
  # @!attribute [rw] key
  #   @return [String] the call and the model
  # @!attribute [rw] requests
  #   @return [Integer] how many requests the gateway received
  # @!attribute [rw] fault
  #   @return [String, nil] what it did then
  # @!attribute [rw] bill
  #   @return [BilledGeneration, nil] the generation, and what the gateway billed for it, which may be nothing
  # @!attribute [rw] sent
  #   @return [Boolean] whether it sent all of an answer that said so
  # @!attribute [rw] call
  #   @return [RunRecord::Call]
  # @!attribute [rw] reserved
  #   @return [Integer] how often the client reserved
  # @!attribute [rw] charges
  #   @return [Array<BilledGeneration>] what it charged
  # @!attribute [rw] released
  #   @return [Integer] how often it released
  # @!attribute [rw] released_at
  #   @return [Float, nil] by the machine's clock; seconds
  # @!attribute [rw] uncertain
  #   @return [Integer] how often it held what was reserved as uncertain
  # @!attribute [rw] hop
  #   @return [String, nil] the reason of the hop
  Attempt = Struct.new(:key, :requests, :fault, :bill, :sent, :call, :reserved, :charges, :released, :uncertain, :hop,
                       :released_at) do
    # @param key [String]
    # @return [Attempt]
    def self.named(key)
      new(key, 0, nil, nil, false, nil, 0, [], 0, 0)
    end

    # @return [BigDecimal, nil] US dollars
    def billed
      bill&.cost
    end

    # @return [Boolean] whether each charge is what was billed
    def charged_as_billed?
      charges.all? { |charge| bill && charge.id == bill.id && charge.cost == billed }
    end

    # @return [Integer] how often the reservation came to an end
    def closings
      charges.size + released + uncertain
    end

    # @return [Boolean] whether the process was killed before that, or a signal came as it was reserved
    def left_open?
      reserved == 1 && closings.zero? && (call.killed || call.signalled)
    end

    # Counts what is the same once, as a database does.
    # @return [void]
    def once
      charges.uniq!
      self.released = [released, 1].min
      self.uncertain = [uncertain, 1].min
    end

    # @return [Boolean] whether what was reserved is still held, for it may have been billed
    def held?
      uncertain.positive? || left_open?
    end

    # @return [Boolean] whether something from outside ended the call
    def cut_short?
      call.killed || call.ends == ["interrupted"]
    end

    # @return [Boolean] whether the client had all that it takes to know the cost
    def cost_known?
      sent && !cut_short? && !%w[timeout connection].include?(hop)
    end
  end
end
