# frozen_string_literal: true

# Many requests at once, numbered in what they say.
module BatchHelper
  def requests(count)
    Array.new(count) { |number| { messages: [{ role: "user", content: number.to_s }] } }
  end

  def ask_all(count, concurrency: 64, **options, &block)
    router(**options).call_all(requests(count), concurrency: concurrency, &block)
  end

  def number_of(request)
    request.messages.last["content"].to_i
  end

  # What was scripted for the request of that number, and else an answer.
  def by_number(request, replies)
    replies.fetch(number_of(request)) { answer_of("Hi") }
  end
end
